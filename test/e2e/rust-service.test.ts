import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { cargoEnv, hasCargo } from '../support/cargo.ts'

const root = new URL('../..', import.meta.url).pathname
const crate = join(root, 'test/vectors')
const target = join(root, 'node_modules/.cache/crbus-vectors')
const brokers = inject('kafkaBrokers')

/** The Rust program of `test/vectors`, which writes and reads records like a service. */
const rust = (args: readonly string[], input?: Uint8Array): Buffer =>
  execFileSync(join(target, 'release/crbus-vectors'), args, { input, maxBuffer: 2 ** 26 })

const framed = (value: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(value.length)
  return Buffer.concat([length, value])
}

const placed = {
  order_id: 'o-1',
  customer_id: 'c-1',
  items: [{ product_id: 'p', name: 'Teapot', quantity: 2, unit_price: 950 }],
  total: 1900,
  timestamp: '2026-11-24T10:00:00Z',
}

describe.skipIf(!hasCargo || brokers === '')('a Rust service on a real Kafka', () => {
  const topic = `rust-${Date.now()}-events`
  let cwd: string
  const crbus = (...argv: string[]) =>
    execa(process.execPath, [join(root, 'bin/crbus.js'), ...argv, '-b', brokers], { cwd, env: { NO_COLOR: '1' } })

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'crbus-service-'))
    execFileSync('cargo', ['build', '--release', '--quiet', '--locked'], {
      cwd: crate,
      env: { ...cargoEnv, CARGO_TARGET_DIR: target },
    })
    const argv = ['schema', 'import', crate, '--root', 'OrderAction', '--topic', topic]
    await execa(process.execPath, [join(root, 'bin/crbus.js'), ...argv], { cwd })
    await crbus('topics', 'create', topic, '--partitions', '1')
  }, 300_000)

  test('reads events that crbus publishes (needs cargo)', async () => {
    const metadata = ['--correlation-id', 'c-42']
    await crbus('publish', topic, '--type', 'OrderPlaced.v1', '--data', JSON.stringify(placed), ...metadata)
    // librdkafka reads the record, so no code of crbus is between the broker and Rust.
    const { stdout } = await execa('kcat', ['-q', '-b', brokers, '-C', '-e', '-c', '1', '-t', topic, '-f', '%s'], {
      encoding: 'buffer',
      stripFinalNewline: false,
    })
    const read = JSON.parse(rust(['--read'], framed(stdout)).toString())
    expect(read).toEqual(['OrderPlaced.v1', 1, 'c-42', { OrderPlaced: placed }])
  })

  test('writes events that crbus decodes (needs cargo)', async () => {
    const file = join(cwd, 'envelope')
    writeFileSync(file, rust(['--records', '1']).subarray(4))
    await execa('kcat', ['-q', '-b', brokers, '-P', '-t', topic, '-k', 'OrderPlaced.v1', file])
    const { stdout } = await crbus('tail', topic, '-e', '-n', '1', '-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject({
      key: 'OrderPlaced.v1',
      envelope: 'bincode-w3',
      event_type: 'OrderPlaced.v1',
      metadata: { correlation_id: 'checkout-0' },
      codec: 'bincode',
      variant: 'OrderPlaced',
      data: { OrderPlaced: { order_id: 'order-0', total: 2000, timestamp: '2025-11-21T06:26:20.123456789Z' } },
    })
  })
})
