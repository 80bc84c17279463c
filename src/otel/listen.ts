import type { TracingChannel } from 'node:diagnostics_channel'
import type { DiagnosticsChannel } from '../bus/diagnostics.ts'

/** What a {@link TracingChannel} calls; those that are absent are not subscribed to. */
type Listeners<Message> = Partial<Readonly<Record<'start' | 'asyncEnd' | 'error', (message: Message) => void>>>

/** Subscribes to some of the channels of a tracing channel. Returns a function that ends it. */
export function listen<Message extends object>(
  channel: TracingChannel<unknown, Message>,
  listeners: Listeners<Message>,
): () => void {
  const stops = Object.entries(listeners).map(([name, listener]) => {
    const onMessage = (message: unknown) => listener(message as Message)
    const one = channel[name as keyof Listeners<Message>]
    one.subscribe(onMessage)
    return () => one.unsubscribe(onMessage)
  })
  return () => {
    for (const stop of stops) stop()
  }
}

/** Subscribes to a channel. Returns a function that ends it. */
export function on<Message>(
  channel: Pick<DiagnosticsChannel<Message>, 'subscribe' | 'unsubscribe'>,
  listener: (message: Message) => void,
): () => void {
  channel.subscribe(listener)
  return () => channel.unsubscribe(listener)
}
