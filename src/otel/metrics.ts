import type { Attributes, BatchObservableCallback, Histogram, Meter, ObservableCallback } from '@opentelemetry/api'
import { diagnostics, type PublishMessage } from '../bus/diagnostics.ts'
import { type HandleMessage, type RunningMessage, runtimeDiagnostics } from '../saga/reports/diagnostics.ts'
import type { Running } from '../saga/runtime/running.ts'
import { ofBus, ofError, ofOperation } from './attributes.ts'
import { listen, on, together } from './listen.ts'
import { publishedPositions } from './published-positions.ts'

/** Bucket boundaries in seconds: those that the semantic conventions advise for messaging, and 1 ms for an embedded bus. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Records metrics of buses, aggregates and sagas. Returns a function that stops the recording.
 *
 * Counters and durations are those of this process. Outbox, timers and lag are those of a whole group: they are read from the
 * store and the bus when metrics are collected, and left out while these cannot answer.
 */
export function recordMetrics(meter: Meter): () => void {
  const parts = [measurePublishing, countReceived, measureHandling, countRuntime, observeRunning]
  return together(parts.map((measure) => measure(meter)))
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
    const published = publishedPositions(message).filter((position) => position !== undefined).length
    if (published > 0) sent.add(published, attributes)
    if (published < events.length) sent.add(events.length - published, failed)
  }
  return listen(diagnostics.publish, { start: timer.start, asyncEnd: end })
}

function countReceived(meter: Meter): () => void {
  const description = 'Events delivered to subscribers'
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
    const { position, outcome, error } = message
    timer.end(message, {
      ...ofOperation('process', position?.topic),
      ...ofOwner(message),
      ...(outcome === undefined ? undefined : { 'crbus.outcome': outcome }),
      ...(outcome === 'dead letter' ? ofError(error) : undefined),
    })
  }
  return listen(runtimeDiagnostics.handle, { start: timer.start, asyncEnd: end })
}

function countRuntime(meter: Meter): () => void {
  const retried = createCounter(meter, 'crbus.retries', '{attempt}', 'Attempts that failed and were retried')
  const deadLetters = createCounter(meter, 'crbus.dead_letters', '{message}', 'Messages that became dead letters')
  const relayed = createCounter(meter, 'crbus.relayed', '{message}', 'Messages published from the outbox')
  const fired = createCounter(meter, 'crbus.timers.fired', '{timer}', 'Timers that fired')
  return together([
    on(runtimeDiagnostics.retried, (message) => retried.add(1, ofOwner(message))),
    on(runtimeDiagnostics.deadLetter, (message) => deadLetters.add(1, ofOwner(message))),
    on(runtimeDiagnostics.relayed, (message) => relayed.add(message.messages, ofOwner(message))),
    on(runtimeDiagnostics.timersFired, (message) => fired.add(message.timers, ofOwner(message))),
  ])
}

function observeRunning(meter: Meter): () => void {
  const createGauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(name, { unit, description })
  const healthy = createGauge(
    'crbus.healthy',
    '1',
    '1 while the aggregate or saga works, 0 while it waits for its store or its bus, or has stopped',
  )
  const messages = createGauge('crbus.outbox.messages', '{message}', 'Messages that wait for the bus')
  const age = createGauge('crbus.outbox.age', 's', 'How long the oldest message has waited for the bus')
  const timers = createGauge('crbus.timers', '{timer}', 'Timers that are set')
  const lag = createGauge('crbus.lag', '{event}', 'Events that the group has not acknowledged')
  const readTogether = [messages, age, timers, lag]
  const observed = new Map<Running, { readonly key: string; readonly stop: () => void }>()
  const forget = (running: Running) => {
    observed.get(running)?.stop()
    observed.delete(running)
  }
  /** A stopped runtime is reported as not healthy until another one of the same name and group runs. */
  const forgetStopped = (key: string) => {
    for (const [running, observation] of observed) {
      if (observation.key === key && running.health().status === 'stopped') forget(running)
    }
  }
  const observe = ({ running, name, group }: RunningMessage) => {
    const attributes = ofOwner({ name, group })
    const key = `${name}\n${group}`
    const readHealth: ObservableCallback = (result) =>
      result.observe(running.health().status === 'ok' ? 1 : 0, attributes)
    // Not together with health, because the store and the bus may not answer in time.
    const readGroup: BatchObservableCallback = async (result) => {
      const metrics = await running.metrics().catch(() => undefined)
      if (metrics === undefined) return
      result.observe(messages, metrics.outbox.messages, attributes)
      result.observe(age, (metrics.outbox.age ?? 0) / 1000, attributes)
      result.observe(timers, metrics.timers, attributes)
      result.observe(lag, metrics.lag, attributes)
    }
    const stop = () => {
      healthy.removeCallback(readHealth)
      meter.removeBatchObservableCallback(readGroup, readTogether)
    }
    forgetStopped(key)
    observed.set(running, { key, stop })
    healthy.addCallback(readHealth)
    meter.addBatchObservableCallback(readGroup, readTogether)
  }
  const onStopped = ({ running }: RunningMessage) => {
    const key = observed.get(running)?.key
    const hasSuccessor = [...observed].some(([other, observation]) => other !== running && observation.key === key)
    if (hasSuccessor) forget(running)
  }
  const stops = [on(runtimeDiagnostics.running, observe), on(runtimeDiagnostics.stopped, onStopped)]
  return () => {
    for (const stop of stops) stop()
    for (const running of [...observed.keys()]) forget(running)
  }
}

const createCounter = (meter: Meter, name: string, unit: string, description: string) =>
  meter.createCounter(name, { unit, description })

const createDuration = (meter: Meter, name: string, description: string) =>
  meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: DURATION_BUCKETS } })

/** Records the seconds between the start and the end of a message. Leaves out messages that started before the recording. */
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
