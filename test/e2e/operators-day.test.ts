import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { newTopic, uniqueGroup } from '../contract/support/harness.ts'
import { onTerminal } from '../support/pseudo-terminal.ts'

// A day of an operator, each step typed on a terminal of 120 columns, on a real broker.

const brokers = inject('kafkaBrokers')
const bin = new URL('../../bin/crbus.js', import.meta.url).pathname

/** Bytes that are neither an envelope nor JSON, CBOR or text. */
const POISON = Buffer.from([0, 1, 2, 0xff, 0xfe])

describe.skipIf(brokers === '')('a day of an operator', () => {
  const bus = new RedpandaEventBus({ brokers })
  const group = uniqueGroup()
  let topic: string
  let folder: string
  let env: Record<string, string | undefined>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-day-'))
    mkdirSync(join(folder, 'crbus'))
    writeFileSync(join(folder, 'crbus/config.json'), JSON.stringify({ profiles: { shop: { brokers } } }))
    env = { XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, CRBUS_PROFILE: 'shop' }
    Object.assign(env, {
      CRBUS_BROKERS: undefined,
      CRBUS_DATA_DIR: undefined,
      REDPANDA_BROKERS: undefined,
      TERM: 'xterm-256color',
      TZ: 'UTC',
    })
    topic = await newTopic(bus, 1)
    await publish('o-1', 'o-2')
    await bus.log.append(topic, [{ key: Buffer.from('o-3'), value: POISON, partition: 0 }])
    await publish('o-4', 'o-5', 'o-6')
  })
  afterAll(async () => {
    await bus.close()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  const publish = (...ids: readonly string[]) =>
    bus.publish(
      topic,
      ids.map((id) => serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify({ order_id: id })))),
    )

  const committed = async () => (await bus.admin.committedOffsets(group, [topic]))[0]?.offset

  const crbus = (words: string, size = 'rows 40 cols 120') =>
    onTerminal(`stty ${size}; exec "${process.execPath}" "${bin}" ${words}`, env)

  /** Runs a command that asks nothing. */
  const run = (words: string) => crbus(words).ended

  /** Runs a command, and answers its question. */
  async function agree(words: string, question: RegExp) {
    const running = crbus(words)
    await running.shows(question)
    running.type('y\r')
    return running.ended
  }

  /** A service that stops at the first record that it cannot decode, and stays a member of its group. */
  async function service() {
    const stream = await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' })
    const work = (async () => {
      for (let next = await stream.next(); !next.done && next.value.ok; ) next = await stream.next()
    })()
    return { stream, work }
  }

  test('finds a stuck group, resets it past a poison record, and watches it recover', async () => {
    const stuck = await service()
    await stuck.work
    await expect.poll(committed, { timeout: 30_000 }).toBe(2n)
    const onShop = new RegExp(`${brokers}.*shop|shop.*${brokers}`)

    // Which group is stuck?
    const lag = await run(`lag --group '${group}' --sample 6s`)
    expect(lag.shown).toMatch(onShop)
    expect(lag.shown).toMatch(/stalled/)

    // Why? Its member is alive, and has committed nothing.
    const slow = await run(`doctor slow --group ${group} --for 2s`)
    expect(slow.shown).toMatch(onShop)
    expect(slow.shown).toContain(group)

    // The record at which it stands.
    const poison = await run(`tail ${topic} --group-position ${group} -o pretty`)
    expect(poison.shown).toMatch(onShop)
    expect(poison.shown).toMatch(/offset\s+2\b/)
    expect(poison.shown).toContain('o-3')

    // A reset is refused while the group reads, and says what to do.
    const refused = await run(`reset --group ${group} --topic ${topic} --to 3 --yes`)
    expect(refused.exitCode).toBe(6)
    expect(refused.shown).toContain('--wait')
    await stuck.stream.close()

    // With the service stopped: past the record, back, and past it again.
    const reset = await agree(`reset --group ${group} --topic ${topic} --to 3`, /\[y\/N\]/)
    expect(reset.shown).toMatch(onShop)
    expect(reset.shown).toMatch(/skip\s+1\b/)
    expect(await committed()).toBe(3n)
    const undone = await agree('reset undo --last', /\[y\/N\]/)
    expect(undone.exitCode).toBe(0)
    expect(await committed()).toBe(2n)
    await agree(`reset --group ${group} --topic ${topic} --to 3`, /\[y\/N\]/)

    // The topic keeps its events for a month.
    const altered = await agree(`topics alter ${topic} --config retention.ms=2592000000`, /\[y\/N\]/)
    expect(altered.shown).toMatch(onShop)
    expect((await bus.admin.describeTopic(topic)).config.get('retention.ms')).toBe('2592000000')

    // The service starts again, and the live screen shows that nothing waits.
    const watching = crbus(`lag --watch --group '${group}' --interval 200ms`)
    await watching.shows(/stopped/)
    const recovered = await service()
    await watching.shows(/\bok\b/)
    watching.type('q')
    expect((await watching.ended).exitCode).toBe(0)
    await recovered.stream.close()
    await recovered.work
  })
})
