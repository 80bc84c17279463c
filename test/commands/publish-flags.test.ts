import { beforeEach, describe, expect, test } from 'vitest'
import Publish from '../../src/commands/publish.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { broker, createBroker, order, publish, tail } from './publish-and-tail.ts'
import { runCli } from './run-cli.ts'

beforeEach(createBroker)

/** Runs `publish` as if the bus were Kafka. Returns the result and the options that the bus was opened with. */
async function publishToKafka(argv: string[]) {
  const opened: unknown[] = []
  const openBus = (_: unknown, options: unknown) => {
    opened.push(options)
    return new InMemoryEventBus({ broker, createTopics: true })
  }
  const result = await runCli(Publish, [...argv, '-b', '127.0.0.1:9092'], { broker, openBus })
  return { ...result, opened }
}

const event = [...order, '--data', '{}']

describe('publish', () => {
  test('with -q prints nothing on success', async () => {
    expect(await publish([...event, '-q', '--acks', '1'])).toEqual({ stdout: '', stderr: '', exitCode: 0 })
    expect((await tail(['order-events', '-e', '-o', '%y'])).stdout).toBe('OrderPlaced.v1\n')
  })

  test('with -q prints a failure', async () => {
    const { stderr, exitCode } = await publish([...order, '-q', '--data', 'x'])
    expect(stderr).toMatch(/^error: /)
    expect(exitCode).toBe(2)
  })

  test('waits for all in-sync replicas by default', async () => {
    const { opened, stderr } = await publishToKafka(event)
    expect(opened).toMatchObject([{ acks: 'all', compression: undefined }])
    expect(stderr).toBe('')
  })

  test.each([
    ['0', 'note: with --acks 0 the brokers confirm nothing: events that are lost or refused are not reported\n'],
    ['1', 'note: with --acks 1 events are lost if the leader fails before its followers have copied them\n'],
    ['all', ''],
  ])('with --acks %s says which events may be lost', async (acks, notice) => {
    const { opened, stderr } = await publishToKafka([...event, '--acks', acks, '-z', 'zstd'])
    expect(opened).toMatchObject([{ acks, compression: 'zstd' }])
    expect(stderr).toBe(notice)
  })

  test('says that the embedded bus ignores --acks and --compression', async () => {
    const { stderr, exitCode } = await publish([...event, '--acks', '1', '-z', 'lz4'])
    expect(stderr).toBe(
      'note: the embedded bus stores every event in its file before it answers; it ignores --acks and --compression\n',
    )
    expect(exitCode).toBe(0)
  })

  test('fills in placeholders of key, headers and metadata for each line of a file', async () => {
    const flags = ['--key', 'k-{{i}}', '--header', 'n={{i}}', '--correlation-id', 'c-{{i}}', '--metadata', 'm={{i}}']
    await publish([...order, ...flags, '-q'], '{}\n{}\n')
    const { stdout } = await tail(['order-events', '--from', 'start', '-e', '-o', '%k %h %m'])
    expect(stdout.split('\n').toSorted()).toEqual([
      '',
      'k-1 n=1,crbus-extra={"m":"1"} {"correlation_id":"c-1","m":"1"}',
      'k-2 n=2,crbus-extra={"m":"2"} {"correlation_id":"c-2","m":"2"}',
    ])
  })

  test('refuses a line in which kcat could not keep the bytes, and says what to use instead', async () => {
    const line = { topic: 't', tstype: 'create', ts: 1, broker: 1, key: null, payload: '\ufffd' }
    const { stderr, exitCode } = await publish(['copy-events'], `${JSON.stringify(line)}\n`)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('error: line 1: U+FFFD in the value replaced bytes that are not UTF-8')
    expect(stderr).toContain('try: crbus tail TOPIC -o json (prints records with their exact bytes)')
  })
})
