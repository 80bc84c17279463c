import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avsc from 'avsc'
import { execa } from 'execa'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { type Installed, installGlobally, newUser } from '../support/packed.ts'
import { startRegistry, withSchemaId } from '../support/schema-registry.ts'

// The packages that users install beside crbus to decode the values of a schema registry. Downloads 1 MB.

const AVRO: avsc.Schema = { type: 'record', name: 'Paid', fields: [{ name: 'cents', type: 'long' }] }
const PROTOBUF = 'syntax = "proto3"; message Stored { string sku = 1; int64 count = 2; }'
const packages = ['avsc', 'protobufjs'] as const

let folder: string
let user: Readonly<Record<string, string>>
let installed: Installed
let registry: Awaited<ReturnType<typeof startRegistry>>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-decoders-'))
  mkdirSync(join(folder, 'bus'))
  user = newUser(folder)
  installed = await installGlobally(user)
  registry = await startRegistry({
    1: { schema: JSON.stringify(AVRO) },
    2: { schema: PROTOBUF, schemaType: 'PROTOBUF' },
  })
  const stored = protobuf.parse(PROTOBUF).root.lookupType('Stored')
  const values = {
    payments: withSchemaId(1, avsc.Type.forSchema(AVRO).toBuffer({ cents: 1999 })),
    stock: withSchemaId(2, Buffer.of(0), stored.encode(stored.fromObject({ sku: 'a-1', count: 3 })).finish()),
  }
  await using bus = new EmbeddedEventBus({ path: join(folder, 'bus/bus.db'), createTopics: true })
  for (const [topic, value] of Object.entries(values)) await bus.log.append(topic, [{ key: null, value, partition: 0 }])
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  for (const path of [folder, installed?.folder]) if (path !== undefined) rmSync(path, { recursive: true })
})

/** Runs the installed crbus with the registry of a profile. */
const crbus = (...words: readonly string[]) =>
  execa(process.execPath, [installed.bin, ...words], {
    cwd: folder,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', HOME: folder, NO_COLOR: '1' },
    stdin: 'ignore',
    reject: false,
  })

test('crbus names the packages that decode Avro and Protobuf, and decodes once they are installed beside it', async () => {
  await crbus('profile', 'create', 'shop', '--data-dir', join(folder, 'bus'), '--registry', registry.url)
  const tail = (topic: string) => crbus('tail', topic, '--profile', 'shop', '-e', '-o', '%v')

  const [avro, proto] = [await tail('payments'), await tail('stock')]
  expect([avro.exitCode, avro.stderr]).toEqual([2, expect.stringContaining('decoding Avro needs the package avsc')])
  expect(avro.stderr).toContain('try: npm install --global avsc')
  expect([proto.exitCode, proto.stderr]).toEqual([
    2,
    expect.stringContaining('decoding Protobuf needs the package protobufjs'),
  ])
  expect(proto.stderr).toContain('try: npm install --global protobufjs')

  const options = ['--global', '--no-fund', '--no-audit', '--ignore-scripts', '--prefix', installed.folder]
  await execa('npm', ['install', ...options, ...packages], { env: user })

  expect((await tail('payments')).stdout).toBe('{"cents":1999}')
  expect((await tail('stock')).stdout).toBe('{"sku":"a-1","count":3}')
})
