import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import NewService from '../../src/commands/new/service.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

// The service `shop` of the current test, which `createShop` replaces before each test.
let broker: MemoryBroker
export let bus: InMemoryEventBus
/** The folder above the service. */
export let folder: string
/** The folder of the service. */
export let shop: string

/** Creates the service. */
export async function createShop(): Promise<void> {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  folder = mkdtempSync(join(tmpdir(), 'crbus-new-'))
  shop = join(folder, 'shop')
  const made = await run(NewService, ['shop', '--no-install', '--crbus', '^9.9.9'], { cwd: folder })
  expect(made.exitCode, made.stderr).toBe(0)
}

/** Runs a command in the folder of the service. */
export const run = (command: Runnable, argv: string[], options: object = {}) =>
  runCli(command, argv, { broker, cwd: shop, ...options })

/** Reads a file of the service. */
export const read = (path: string) => readFileSync(join(shop, path), 'utf8')

/** Reads crbus.json of the service. */
export const config = () => JSON.parse(read('crbus.json'))

/** Flags of `new aggregate` for an order. */
export const orderFlags = [
  '--event',
  'OrderPlaced:order_id=uuid,total=money',
  '--event',
  'OrderCancelled:order_id=uuid',
  '--no-install',
]
