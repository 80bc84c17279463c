import type { TracingChannel } from 'node:diagnostics_channel'
import { diag } from '@opentelemetry/api'
import type { DiagnosticsChannel } from '../bus/diagnostics.ts'

/** Listeners for some channels of a `TracingChannel`. */
type Listeners<Message> = Partial<Readonly<Record<'start' | 'asyncEnd' | 'error', (message: Message) => void>>>

/** Subscribes to those channels of a tracing channel that have a listener. Returns a function that unsubscribes. */
export function listen<Message extends object>(
  channel: TracingChannel<unknown, Message>,
  listeners: Listeners<Message>,
): () => void {
  return together(
    Object.entries(listeners).map(([name, listener]) =>
      on(channel[name as keyof Listeners<Message>] as unknown as DiagnosticsChannel<Message>, listener),
    ),
  )
}

/** Combines functions that end subscriptions into one. */
export const together = (stops: readonly (() => void)[]) => (): void => {
  for (const stop of stops) stop()
}

/**
 * Subscribes to a channel. Returns a function that unsubscribes. An error of the listener is reported to OpenTelemetry's own
 * diagnostics, because Node would end the process with it, and observing a service must not make it fail.
 */
export function on<Message>(
  channel: Pick<DiagnosticsChannel<Message>, 'subscribe' | 'unsubscribe'>,
  listener: (message: Message) => void,
): () => void {
  const guarded = (message: Message) => {
    try {
      listener(message)
    } catch (error) {
      diag.error('crbus could not record a trace or a metric', error)
    }
  }
  channel.subscribe(guarded)
  return () => channel.unsubscribe(guarded)
}
