import type { PageElement } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { PageMessage, PageTrace, TraceRows } from './trace-rows.ts'

interface DetailsContext {
  readonly rows: TraceRows
  readonly jsonTree: (elements: Elements, value: unknown) => PageElement
  /** Selects another message. */
  readonly goTo: (index: number) => void
}

/**
 * Returns a function that shows everything about a message, with a button that closes it. Runs in the browser, so it refers to nothing
 * outside of itself.
 */
export function traceDetails(
  tools: Elements,
  { messages, findings, tones }: PageTrace,
  { rows, jsonTree, goTo }: DetailsContext,
): (message: PageMessage, close: PageElement) => readonly PageElement[] {
  const { html, button } = tools
  const maxEffects = 50
  /** Fields that are shown in another way. */
  const hidden = new Set(
    'data marks index depth cause causedBy copyOf deadLetter error eventType from to elapsed'.split(' '),
  )
  /** Turns `causationId` into `causation id`. */
  const nameOf = (field: string) => field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  const link = (other: PageMessage) =>
    button(`${other.eventType ?? other.topic} ${rows.hopOf(other)}`, 'quiet', () => goTo(other.index))
  const section = (title: string, ...content: readonly PageElement[]) => [html('h3', '', title), ...content]

  return (message, close) => {
    const { data, error, eventType, marks, cause, copyOf, deadLetter } = message
    const own = findings.filter(({ messages: indexes }) => indexes.includes(message.index))
    const effects = messages.filter((other) => other.cause === message.index)
    const causeMessage = cause === undefined ? undefined : messages[cause]
    const first = copyOf === undefined ? undefined : messages[copyOf]
    const pairs = Object.entries(message).flatMap(([name, value]) =>
      hidden.has(name) || value === null ? [] : [html('dt', '', nameOf(name)), html('dd', 'mono', String(value))],
    )
    const payload =
      error !== undefined
        ? html('p', 'bad', error)
        : data === undefined
          ? html('p', 'dim', 'none')
          : jsonTree(tools, data)
    return [
      html('div', 'top', html('h2', tones[message.index] ?? '', eventType ?? message.kind), close),
      ...(marks.length === 0 ? [] : [html('div', '', ...marks.map((mark) => html('span', 'badge bad', mark)))]),
      ...own.map((finding) => html('p', 'bad', finding.message)),
      ...(deadLetter?.reason === undefined ? [] : [html('p', 'bad', deadLetter.reason)]),
      html('div', 'dim', `${message.from} → ${message.to}  ${rows.hopOf(message)}`),
      ...(causeMessage === undefined
        ? []
        : section(message.causedBy === 'order' ? 'Cause, guessed by the order' : 'Cause', link(causeMessage))),
      ...(first === undefined ? [] : section('First copy', link(first))),
      ...(effects.length === 0 ? [] : section('Effects', html('div', '', ...effects.slice(0, maxEffects).map(link)))),
      ...section('Payload', payload),
      ...section('Record', html('dl', 'pairs', ...pairs)),
    ]
  }
}
