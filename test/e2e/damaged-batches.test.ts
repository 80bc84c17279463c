import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { startKafka, type TestKafka } from '../support/kafka.ts'
import { type KafkaProxy, startKafkaProxy } from '../support/kafka-proxy.ts'
import { freePort } from '../support/watched-process.ts'
import { flipBits, seeded } from '../unit/drivers/kafka-mutations.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const FETCH = 1
const RUNS = 20
const topic = 'damaged-events'
const lines = Array.from({ length: 12 }, (_, at) => `{"i":${at}}`)

const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS

describe.skipIf(!isHere)('the built command line on damaged batches', () => {
  let kafka: TestKafka
  let proxy: KafkaProxy
  let brokers: string

  beforeAll(async () => {
    proxy = await startKafkaProxy(await freePort())
    brokers = `127.0.0.1:${proxy.port}`
    kafka = await startKafka({ properties: { 'advertised.listeners': `PLAINTEXT://${brokers}` } })
    proxy.brokerPort = Number(kafka.brokers.split(':')[1])
    await using bus = new RedpandaEventBus({ brokers })
    await bus.admin.createTopic(topic, { partitions: 1 })
    for (let base = 0; base < lines.length; base += 4) {
      await bus.log.append(
        topic,
        lines.slice(base, base + 4).map((line) => ({ key: null, value: Buffer.from(line), partition: 0 })),
      )
    }
  })
  afterAll(async () => {
    proxy?.close()
    await kafka?.dispose()
  })

  const tail = (name: string, ...argv: string[]) =>
    execa(process.execPath, [bin, 'tail', name, '--from', 'start', '-e', '-o', 'raw', '-b', brokers, ...argv], {
      reject: false,
      env: { NO_COLOR: '1', CRBUS_PROFILE: '', XDG_CONFIG_HOME: '/nonexistent' },
    })

  test(`prints correct lines or fails in ${RUNS} runs, each with 1 to 8 flipped bits in a response`, async () => {
    const random = seeded(3)
    for (let run = 0; run < RUNS; run += 1) {
      let flips = 1
      proxy.rules = {
        changes: ({ key }, answer) => (key === FETCH && flips-- > 0 ? flipBits(answer, random, 8) : answer),
      }
      const { exitCode, stdout } = await tail(topic)
      const printed = stdout === '' ? [] : stdout.split('\n')
      expect(printed).toEqual(lines.slice(0, printed.length))
      expect(exitCode === 0).toBe(printed.length === lines.length)
    }
  })

  test('prints the records before a corrupt batch, then its position and how to continue after it', async () => {
    proxy.rules = {
      changes({ key }, answer) {
        const at = key === FETCH ? answer.indexOf('{"i":8}') : -1
        return at === -1
          ? answer
          : Buffer.concat([answer.subarray(0, at), Buffer.from('{"i":9}'), answer.subarray(at + 7)])
      },
    }
    const { exitCode, stdout, stderr } = await tail(topic)
    proxy.rules = {}
    expect(stdout.split('\n')).toEqual(lines.slice(0, 8))
    expect(stderr).toMatch(
      /^error: damaged-events\[0\] at offset 8: the record batch is corrupt: its checksum is 0x[0-9a-f]{8}, but its header says 0x[0-9a-f]{8} \(CRBUS_DESERIALIZATION_FAILED\)\n {2}try: crbus tail damaged-events --partition 0 --from 12 -b 127\.0\.0\.1:\d+ \(skips the batch that cannot be read\)$/,
    )
    expect(exitCode).toBe(7)
  })

  test('refuses a batch over the limit, and reads it with the suggested flag', async () => {
    await using bus = new RedpandaEventBus({ brokers, compression: 'zstd' })
    await bus.admin.createTopic('large-events', { partitions: 1 })
    const value = Buffer.alloc(100_000, '0')
    await bus.log.append('large-events', [
      { key: null, value, partition: 0 },
      { key: null, value, partition: 0 },
    ])
    const refused = await tail('large-events', '--max-batch-bytes', '150000')
    expect(refused).toMatchObject({ exitCode: 7, stdout: '' })
    expect(refused.stderr).toContain(
      'error: large-events[0] at offset 0: the record batch is larger than the limit of 150000 bytes',
    )
    expect(refused.stderr).toContain('try: --max-batch-bytes 300000 (allows larger batches; ')
    expect(await tail('large-events', '--max-batch-bytes', '300000')).toMatchObject({ exitCode: 0 })
    expect((await tail('large-events')).stdout).toBe(`${value}\n${value}`)
  })
})
