import { flushCompileCache } from 'node:module'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import { cborCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import { append, publish } from '../../../src/saga/effects.ts'
import { runAggregate } from '../../../src/saga/run-aggregate.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

/** The task of this process: after a line on stdin, appends and publishes as fast as it can until it is killed. */
export interface OutboxProcess {
  readonly bus: string
  readonly store: string
  readonly topic: string
  /** The prefix of its command ids. */
  readonly turn: number
}

type Counting =
  | { readonly type: 'Count'; readonly counter: string }
  | { readonly type: 'Counted'; readonly counter: string; readonly count: number }

const { bus: path, store: location, topic, turn } = JSON.parse(process.argv[2] ?? '') as OutboxProcess
flushCompileCache()
// Started while the previous process still runs, so that the slow start is over when its turn comes.
console.log('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))

const bus = new EmbeddedEventBus({ path, sessionTimeout: 1000, createTopics: true })
const store = new SqliteEventStore({ path: location })
const counters = await runAggregate<number, Counting>({
  bus,
  store,
  aggregate: {
    name: 'counter',
    events: topic,
    commands: 'counter-commands',
    initial: 0,
    reduce(count, action) {
      if (action.type === 'Counted') return { state: action.count, effects: [] }
      const event: Counting = { type: 'Counted', counter: action.counter, count: count + 1 }
      return { state: count, effects: [append(event), publish(topic, event)] }
    },
    codec: cborCodec<Counting>({ Count: 1, Counted: 1 }),
    idOf: ({ counter }) => counter,
  },
})
console.log('counting')
for (let number = 0; ; number += 1) {
  const counts = Array.from({ length: 10 }, (_, counter) =>
    counters.send({ type: 'Count', counter: `${counter}` }, { causationId: `${turn}-${number}-${counter}` }),
  )
  await Promise.all(counts)
}
