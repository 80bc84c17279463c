import { once } from 'node:events'
import { serializedEvent } from '../../../src/bus/event.ts'
import { monotonicClock } from '../../../src/bus/time/monotonic-clock.ts'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../../src/drivers/kafka/redpanda-event-bus.ts'
import { Alarm } from '../../../src/saga/alarm.ts'
import { Watch } from '../../../src/saga/reports/watch.ts'
import { TimerLoop } from '../../../src/saga/runtime/timer-loop.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

/** The task of a process whose clock is set while it runs. It ends when it is killed or receives SIGTERM. */
export type ClockTask =
  /** Takes events of a topic in a group. Prints `got NUMBER` for each. */
  | { readonly do: 'take'; readonly path: string; readonly topic: string; readonly group: string }
  /**
   * Appends a record to a Kafka topic, waits for a line on stdin, prints `asking`, and appends again or requests the ranges of the
   * topic. Prints the milliseconds after which that failed and the error message as JSON.
   */
  | {
      readonly do: 'call'
      readonly brokers: string
      readonly topic: string
      readonly call: 'append' | 'ranges'
      readonly timeout: number
    }
  /** Sets a timer `after` milliseconds from now. Prints `fired ID` for each timer that fires. */
  | { readonly do: 'timers'; readonly path: string; readonly id: string; readonly after: number }

const [task] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [ClockTask]
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

if (task.do === 'take') {
  await using bus = new EmbeddedEventBus({ path: task.path, sessionTimeout: 2000 })
  const stream = await bus.subscribe([task.topic], {
    group: task.group,
    autoOffsetReset: 'earliest',
    signal: stop.signal,
  })
  console.log('begun')
  for await (const received of stream) if (received.ok) console.log(`got ${received.event.data[0]}`)
} else if (task.do === 'call') {
  const { brokers, topic, call, timeout } = task
  await using bus = new RedpandaEventBus({ brokers, timeout })
  const append = () => bus.log.append(topic, [{ key: null, value: null }])
  await append()
  const resumed = once(process.stdin, 'data')
  console.log('begun')
  await resumed
  const start = performance.now()
  const called: Promise<unknown> = call === 'append' ? append() : bus.log.ranges(topic)
  console.log('asking')
  const failure: Error = await called.then(
    () => new Error('nothing failed'),
    (error) => error,
  )
  console.log(JSON.stringify({ took: performance.now() - start, message: failure.message }))
  process.stdin.destroy()
} else {
  await using store = new SqliteEventStore({ path: task.path })
  const owner = 'clocks'
  const event = serializedEvent('Due.v1', Buffer.of())
  const due = new Date(Date.now() + task.after)
  await store.commit(owner, [{ appends: [], timers: [{ id: task.id, streamId: 'clock-1', due, event }] }])
  const loop = new TimerLoop({
    store,
    owner,
    now: () => new Date(),
    alarm: new Alarm(monotonicClock),
    watch: new Watch({
      name: owner,
      group: owner,
      onError: ({ error }) => {
        throw error
      },
    }),
    submit: async (messages) => {
      const fired = messages.flatMap(({ timer }) => (timer === undefined ? [] : [timer]))
      const results = await store.commit(
        owner,
        fired.map((timer) => ({ appends: [], fired: [timer] })),
      )
      for (const [index, { ok }] of results.entries()) if (ok) console.log(`fired ${fired[index]?.id}`)
    },
  })
  stop.signal.addEventListener('abort', () => loop.stop())
  console.log('begun')
  await loop.run()
}
