import type { Attributes, BatchObservableCallback, Histogram, Meter } from '@opentelemetry/api'
import { diagnostics, type PublishMessage } from '../bus/diagnostics.ts'
import { AppendError } from '../bus/errors.ts'
import { type HandleMessage, type RunningMessage, runtimeDiagnostics } from '../saga/diagnostics.ts'
import { ofBus, ofError, ofOperation } from './attributes.ts'
import { listen, on } from './listen.ts'

/** Seconds: those that the semantic conventions advise for messaging, and one more for an embedded bus. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Measures what buses, aggregates and sagas do. Returns a function that ends it.
 *
 * Counters and durations are of this process. Outbox, timers and lag are of a whole group; they are read from store and bus
 * when metrics are collected, and left out while these cannot answer.
 */
export function recordMetrics(meter: Meter): () => void {
  const stops = [measurePublishing, countReceived, measureHandling, countRuntime, observeRunning].map((measure) =>
    measure(meter),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

function measurePublishing(meter: Meter): () => void {
  const sent = createCounter(meter, 'messaging.client.sent.messages', '{message}', 'Events given to a bus to publish')
  const duration = createDuration(meter, 'messaging.client.operation.duration', 'How long publishing took')
  const timer = timerOf<PublishMessage>(duration)
  const end = (message: PublishMessage) => {
    const { kind, topic, events, error } = message
    const attributes = { ...ofBus(kind), ...ofOperation('send', topic) }
    const failed = { ...attributes, ...ofError(error) }
    timer.end(message, failed)
    const published = publishedIn(message)
    if (published > 0) sent.add(published, attributes)
    if (published < events.length) sent.add(events.length - published, failed)
  }
  return listen(diagnostics.publish, { start: timer.start, asyncEnd: end })
}

/** Some of several events may have been published before one was refused. */
function publishedIn({ events, error }: PublishMessage): number {
  if (error === undefined) return events.length
  if (!(error instanceof AppendError)) return 0
  return error.append.positions.filter((position) => position !== undefined).length
}

function countReceived(meter: Meter): () => void {
  const description = 'Events that subscribers were given'
  const consumed = createCounter(meter, 'messaging.client.consumed.messages', '{message}', description)
  return on(diagnostics.received, ({ kind, group, received }) =>
    consumed.add(received.length, {
      ...ofBus(kind),
      ...ofOperation('receive', received[0]?.record.topic),
      'messaging.consumer.group.name': group,
    }),
  )
}

function measureHandling(meter: Meter): () => void {
  const description = 'How long a message took from its arrival until it was settled'
  const timer = timerOf<HandleMessage>(createDuration(meter, 'messaging.process.duration', description))
  const end = (message: HandleMessage) => {
    const { position, outcome } = message
    timer.end(message, {
      ...ofOperation('process', position?.topic),
      ...ofOwner(message),
      ...(outcome === undefined ? undefined : { 'crbus.outcome': outcome }),
    })
  }
  return listen(runtimeDiagnostics.handle, { start: timer.start, asyncEnd: end })
}

function countRuntime(meter: Meter): () => void {
  const retried = createCounter(meter, 'crbus.retries', '{attempt}', 'Attempts that failed and are made again')
  const deadLetters = createCounter(meter, 'crbus.dead_letters', '{message}', 'Messages that were given up')
  const relayed = createCounter(meter, 'crbus.relayed', '{message}', 'Messages that the bus took from the outbox')
  const fired = createCounter(meter, 'crbus.timers.fired', '{timer}', 'Timers that fired')
  const stops = [
    on(runtimeDiagnostics.retried, (message) => retried.add(1, ofOwner(message))),
    on(runtimeDiagnostics.deadLetter, (message) => deadLetters.add(1, ofOwner(message))),
    on(runtimeDiagnostics.relayed, (message) => relayed.add(message.messages, ofOwner(message))),
    on(runtimeDiagnostics.timersFired, (message) => fired.add(message.timers, ofOwner(message))),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function observeRunning(meter: Meter): () => void {
  const createGauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(name, { unit, description })
  const healthy = createGauge(
    'crbus.healthy',
    '1',
    '1 while it works, 0 while it waits for its store or its bus, or has stopped',
  )
  const messages = createGauge('crbus.outbox.messages', '{message}', 'Messages that wait for the bus')
  const age = createGauge('crbus.outbox.age', 's', 'How long the oldest of them has waited')
  const timers = createGauge('crbus.timers', '{timer}', 'Timers that are set')
  const lag = createGauge('crbus.lag', '{event}', 'Events that the group has not acknowledged')
  const all = [healthy, messages, age, timers, lag]

  /** By name and group. One that was stopped stays, as not healthy, until another takes its place. */
  const observed = new Map<string, BatchObservableCallback>()
  const forget = (key: string, read: BatchObservableCallback) => {
    meter.removeBatchObservableCallback(read, all)
    observed.delete(key)
  }
  const observe = ({ running, name, group }: RunningMessage) => {
    const attributes = ofOwner({ name, group })
    const read: BatchObservableCallback = async (result) => {
      result.observe(healthy, running.health().status === 'ok' ? 1 : 0, attributes)
      const metrics = await running.metrics().catch(() => undefined)
      if (metrics === undefined) return
      result.observe(messages, metrics.outbox.messages, attributes)
      result.observe(age, (metrics.outbox.age ?? 0) / 1000, attributes)
      result.observe(timers, metrics.timers, attributes)
      result.observe(lag, metrics.lag, attributes)
    }
    const key = `${name}\n${group}`
    const before = observed.get(key)
    if (before !== undefined) forget(key, before)
    observed.set(key, read)
    meter.addBatchObservableCallback(read, all)
  }
  const stop = on(runtimeDiagnostics.running, observe)
  return () => {
    stop()
    for (const [key, read] of observed) forget(key, read)
  }
}

const createCounter = (meter: Meter, name: string, unit: string, description: string) =>
  meter.createCounter(name, { unit, description })

const createDuration = (meter: Meter, name: string, description: string) =>
  meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: DURATION_BUCKETS } })

/** Records the seconds between the start and the end of a message. One whose start was not seen is left out. */
function timerOf<Message extends object>(duration: Histogram) {
  const startedAt = new WeakMap<Message, number>()
  return {
    start: (message: Message) => void startedAt.set(message, performance.now()),
    end: (message: Message, attributes: Attributes) => {
      const started = startedAt.get(message)
      if (started !== undefined) duration.record((performance.now() - started) / 1000, attributes)
    },
  }
}

const ofOwner = ({ name, group }: Pick<RunningMessage, 'name' | 'group'>): Attributes => ({
  'crbus.name': name,
  'messaging.consumer.group.name': group,
})
