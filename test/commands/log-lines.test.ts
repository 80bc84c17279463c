import { expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { lineLogger } from '../../src/cli/process/log-lines.ts'
import Lag from '../../src/commands/lag.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { InMemoryEventBus, MemoryBroker } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { runCli } from './run-cli.ts'

async function newBroker(): Promise<MemoryBroker> {
  const broker = new MemoryBroker()
  await using bus = new InMemoryEventBus({ broker, createTopics: true })
  await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Uint8Array.of(1)))
  return broker
}

test('CRBUS_LOG=info logs what the bus does to stderr and does not change stdout', async () => {
  const broker = await newBroker()
  const plain = await runCli(TopicsList, [], { broker })
  const logged = await runCli(TopicsList, [], { broker, env: { CRBUS_LOG: 'info' } })

  expect(logged).toMatchObject({ stdout: plain.stdout, exitCode: 0 })
  expect(plain.stderr).toBe('')
  expect(logged.stderr).toBe(`2026-11-23T10:00:00.000Z info  bus created bus=memory
2026-11-23T10:00:00.000Z info  bus closed bus=memory
`)
})

test('CRBUS_LOG=warn logs no lines of level info', async () => {
  const { stderr } = await runCli(TopicsList, [], { broker: await newBroker(), env: { CRBUS_LOG: 'warn' } })
  expect(stderr).toBe('')
})

test('an invalid CRBUS_LOG is refused with a list of the levels', async () => {
  const { stderr, exitCode } = await runCli(Lag, [], { broker: await newBroker(), env: { CRBUS_LOG: 'verbose' } })
  expect(exitCode).toBe(2)
  expect(stderr).toBe(`error: CRBUS_LOG is 'verbose'; it must be one of debug, info, warn, error (CRBUS_USAGE)
  try: CRBUS_LOG=debug
`)
})

test('lineLogger quotes values with spaces and makes control characters harmless', () => {
  const lines: string[] = []
  const stderr = { write: (text: string) => lines.push(text) > 0, destroyed: false } as never
  const logger = lineLogger('debug', { io: { stderr }, now: () => 0 })
  logger.warn({ error: 'hung up\u001b[31m', topics: ['a-events', 'b-events'], offset: 7, empty: '' }, 'bus lost')

  expect(lines).toEqual([
    '1970-01-01T00:00:00.000Z warn  bus lost error="hung up\\u001b[31m" topics="[\\"a-events\\",\\"b-events\\"]" offset=7 empty=""\n',
  ])
})
