import { join } from 'node:path'
import type { EventBus } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { writeWhole } from '../../files/write-whole.ts'
import type { EncodedEvent } from '../../saga/codecs/codec.ts'
import type { Problem } from '../../saga/reports/problem.ts'
import type { Running, RunOptions } from '../../saga/runtime/running.ts'
import type { EventStore } from '../../store/event-store.ts'
import { openEventStore } from '../../store/open.ts'
import { SAGAS_FOLDER } from '../sagas/description/find-sagas.ts'

/** The event topics of the demo, in the order of its steps. The events on `checkout-events` say how a checkout ended. */
export const demoTopics: readonly string[] = ['order-events', 'inventory-events', 'payment-events', 'checkout-events']
const commandTopics = ['order-commands', 'inventory-commands', 'payment-commands']
const ORDER_COMMANDS = 'order-commands'

/** Creates the topics of the demo that do not exist yet. */
export async function createDemoTopics(bus: EventBus): Promise<void> {
  const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
  for (const topic of [...demoTopics, ...commandTopics]) if (!known.has(topic)) await bus.admin.createTopic(topic)
}

/** A part of the demo service, as `src/demo/part.ts` declares it. */
export interface DemoPart {
  readonly name: string
  readonly run: (on: RunOptions) => Promise<Running>
  /** The topic of its commands; absent for a saga. */
  readonly takes?: string
}

/** The running services of the demo. */
export interface RunningDemo extends AsyncDisposable {
  /** Sends a command that begins a checkout with this correlation id. */
  place(command: EncodedEvent, correlationId: string): Promise<void>
  /** Resolves when every message is handled and everything that the services stored is published, or the signal aborts. */
  settled(signal: AbortSignal): Promise<void>
}

interface DemoRequest {
  readonly parts: readonly DemoPart[]
  readonly store: EventStore
  readonly now: () => number
  readonly onError: (problem: Problem) => void
}

/** The demo waits no longer than this for its services, which need milliseconds for a step. */
const MAX_WAIT_MS = 60_000
const POLL_INTERVAL_MS = 20

/**
 * Runs the services of the demo until they are closed. The topics must exist. A new group begins at the end of its topics; a later run
 * continues where the groups have stopped.
 */
export async function startDemo(bus: EventBus, { parts, store, now, onError }: DemoRequest): Promise<RunningDemo> {
  const groups = parts.map(groupOf)
  await createGroups(bus, groups)
  const running: Running[] = []
  const close = async () => void (await Promise.all(running.map((part) => part.close())))
  try {
    for (const part of parts) running.push(await part.run({ bus, store, onError, group: groupOf(part).group }))
  } catch (error) {
    await close()
    throw error
  }
  return {
    async place(command, correlationId) {
      await bus.publish(ORDER_COMMANDS, {
        ...command,
        metadata: { correlationId, timestamp: new Date(now()).toISOString() },
      })
    },
    async settled(signal) {
      for (let waited = 0; waited < MAX_WAIT_MS && !signal.aborted; waited += POLL_INTERVAL_MS) {
        if (await isSettled(bus, store, groups)) return
        await sleep(POLL_INTERVAL_MS, signal)
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

/** A group, and the topics that it reads. */
interface DemoGroup {
  readonly group: string
  readonly topics: readonly string[]
}

/** The group of a part: the default of the runtime. The saga reads the events of all other parts. */
const groupOf = ({ name, takes }: DemoPart): DemoGroup =>
  takes === undefined
    ? { group: `${name}-saga`, topics: demoTopics.filter((topic) => topic !== `${name}-events`) }
    : { group: `${name}-aggregate`, topics: [takes] }

/** Commits the ends of the topics for new groups, so that they do not repeat what is on the topics already. */
async function createGroups(bus: EventBus, groups: readonly DemoGroup[]): Promise<void> {
  const known = new Set((await bus.admin.listGroups()).map(({ group }) => group))
  for (const { group, topics } of groups) if (!known.has(group)) await commitEnds(bus, group, topics)
}

/** Commits the current ends of topics for a group that has no members. */
export async function commitEnds(bus: EventBus, group: string, topics: readonly string[]): Promise<void> {
  for (const topic of topics) {
    const ranges = await bus.log.ranges(topic)
    await bus.admin.commitOffsets(
      group,
      ranges.map(({ partition, end }) => ({ topic, partition, offset: end })),
    )
  }
}

/**
 * Whether nothing is left to do. Handling a message stores its effects before its offset is committed, and the outbox publishes them
 * later: so if nothing waits, then the outbox is empty, and then still nothing waits, nothing was on the way.
 */
async function isSettled(bus: EventBus, store: EventStore, groups: readonly DemoGroup[]): Promise<boolean> {
  if (await isWaiting(bus, groups)) return false
  for (const { group } of groups) if ((await store.outbox.depth(group)).messages > 0) return false
  return !(await isWaiting(bus, groups))
}

/** Whether a group has messages to read. */
async function isWaiting(bus: EventBus, groups: readonly DemoGroup[]): Promise<boolean> {
  for (const { group, topics } of groups) {
    const committed = await bus.admin.committedOffsets(group, topics)
    for (const topic of topics) {
      for (const { partition, end } of await bus.log.ranges(topic)) {
        const own = committed.find((one) => one.topic === topic && one.partition === partition)
        if ((own?.offset ?? 0n) < end) return true
      }
    }
  }
  return false
}

/** Opens the event store of the demo, beside its bus. */
export const openDemoStore = (folder: string): Promise<EventStore> => openEventStore(join(folder, 'store.db'))

/** Writes the description of the saga beside the bus, where commands that show sagas find it. */
export function describeDemoSaga(folder: string, description: { readonly saga: string }): void {
  const path = join(folder, SAGAS_FOLDER, `${description.saga}.json`)
  writeWhole(path, `${JSON.stringify(description, null, 2)}\n`, { folderMode: 0o777 })
}

/** The number of records that were ever written to the event topics. */
export async function countWritten(bus: EventBus): Promise<bigint> {
  const ranges = await Promise.all(demoTopics.map((topic) => bus.log.ranges(topic)))
  return ranges.flat().reduce((sum, { end }) => sum + end, 0n)
}
