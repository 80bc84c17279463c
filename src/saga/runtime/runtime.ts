import type { Outage } from '../../bus/outage.ts'
import { monotonicClock } from '../../bus/time/monotonic-clock.ts'
import { within } from '../../bus/time/within.ts'
import type { Action } from '../action.ts'
import { Alarm } from '../alarm.ts'
import { Engine } from '../engine/engine.ts'
import type { Incoming } from '../engine/reaction.ts'
import type { StreamHandler } from '../engine/stream-handler.ts'
import { outside } from '../outside.ts'
import { systemClock } from '../reducer.ts'
import { runtimeDiagnostics } from '../reports/diagnostics.ts'
import { asError } from '../reports/problem.ts'
import { readMetrics } from '../reports/runtime-metrics.ts'
import { Watch } from '../reports/watch.ts'
import { BUS, Intake } from './intake.ts'
import { Relay } from './relay.ts'
import type { Running, RunOptions } from './running.ts'
import { TimerLoop } from './timer-loop.ts'

/** How long `close` waits for the messages in flight. */
const CLOSE_TIMEOUT_MS = 10_000

/** Joins the consumer group and handles its messages until `running` is closed. Rejects when the start fails. */
export async function run<State, A extends Action>(
  handler: StreamHandler<State, A>,
  topics: readonly string[],
  { bus, store, group = handler.name, autoOffsetReset = 'earliest', ...options }: RunOptions & { group: string },
): Promise<{ readonly running: Running; readonly engine: Engine<State, A> }> {
  const { cacheSize = 10_000, clock = systemClock, signal, onError, onRejected, logger } = options
  const owner = { name: handler.name, group }
  const watch = new Watch({ ...owner, onError, onRejected, logger })
  const shared = { store, owner: group, watch }
  // The engine wakes the relay and rings the alarm; the timers and the intake submit to the engine.
  const relay = new Relay({ ...shared, clock: monotonicClock, bus })
  const timerAlarm = new Alarm(monotonicClock)
  const engine = new Engine({
    ...shared,
    clock: monotonicClock,
    handler,
    cacheSize,
    now: clock.now,
    onCommitted({ messages = [], timers = [], fired = [] }) {
      if (fired.length > 0) watch.timersFired(fired.length)
      if (messages.length > 0) relay.wake()
      if (timers.length > 0) timerAlarm.ring()
    },
  })
  const submit = (messages: readonly Incoming[], onPassed: () => void) => engine.submit(messages, onPassed)
  const timerLoop = new TimerLoop({ ...shared, alarm: timerAlarm, now: clock.now, submit })
  // Reports missing tables and columns now, not when the first event arrives.
  await Promise.all([store.timers.next(group), store.outbox.pending(group, 1)])
  const onOutage = (outage: Outage) => {
    if (outage.state === 'restored') return watch.restored(BUS)
    watch.lost(BUS, { message: `${handler.name} waits for its bus: ${outage.error.message}`, error: outage.error })
  }
  const subscribe = () => bus.subscribe(topics, { group, autoOffsetReset, onOutage, callerLogs: watch.hasLogger })
  const intake = new Intake(await subscribe(), { subscribe, submit, watch })

  const loops = outside(() => [intake.run(), timerLoop.run(), relay.run()])
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      const timeout = AbortSignal.timeout(CLOSE_TIMEOUT_MS)
      signal?.removeEventListener('abort', close)
      timerLoop.stop()
      await within(timeout, Promise.all([intake.stop(), engine.idle()]))
      engine.stop(new Error(`${handler.name} was closed`))
      await intake.leave()
      relay.stop()
      await within(timeout, Promise.allSettled(loops))
    })()
    return closing
  }
  signal?.addEventListener('abort', close, { once: true })
  if (signal?.aborted) void close()
  // The subscription ends by itself when the bus is closed.
  loops[0]?.then(close, () => undefined)

  const done = Promise.withResolvers<void>()
  const health = () => watch.health
  const metrics = () => readMetrics({ ...owner, topics, bus, store, counts: watch.counts, now: clock.now })
  const running: Running = { done: done.promise, close, health, metrics, [Symbol.asyncDispose]: close }
  runtimeDiagnostics.running.publish({ ...owner, running })
  const stopped = async (error: Error | undefined) => {
    await close()
    watch.stopped(error)
    runtimeDiagnostics.stopped.publish({ ...owner, running })
  }
  const stoppedAfter = async (error: unknown) => {
    await stopped(asError(error))
    throw error
  }
  Promise.all(loops)
    .then(() => stopped(undefined), stoppedAfter)
    .then(done.resolve, done.reject)
  return { running, engine }
}
