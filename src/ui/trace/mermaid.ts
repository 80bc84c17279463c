import { formatDuration } from '../text/format-duration.ts'
import type { TraceDocument, TraceMessage } from './trace-document.ts'

/** Formats a conversation as a sequence diagram of Mermaid. */
export function* formatMermaid({ participants, messages }: TraceDocument): Generator<string> {
  const ids = new Map(participants.map(({ name }, at) => [name, `p${at}`]))
  yield 'sequenceDiagram\n'
  for (const { name } of participants) yield `  participant ${ids.get(name)} as ${mermaidText(name)}\n`
  for (const message of messages) {
    const [from, to] = [ids.get(message.from), ids.get(message.to)]
    yield `  ${from}${arrowOf(message)}${to}: ${mermaidText(labelOf(message))}\n`
  }
}

/** An event is drawn with a dashed line, a dead letter with a cross. */
function arrowOf({ kind }: TraceMessage): string {
  if (kind === 'dead-letter') return '-x'
  return kind === 'event' ? '-->>' : '->>'
}

function labelOf({ eventType, topic, elapsed, marks }: TraceMessage): string {
  const hop = elapsed === undefined ? '' : ` ${elapsed < 0 ? '-' : '+'}${formatDuration(Math.abs(elapsed))}`
  return `${eventType ?? `record of ${topic}`}${hop}${marks.map((mark) => ` [${mark}]`).join('')}`
}

/** Characters that Mermaid does not read as text. It has an escape for each character: its code between `#` and `;`. */
const unsafe = /[^\p{L}\p{N} .,:/@()[\]+_|-]/gu

/** Escapes a text of strangers for Mermaid, so that it neither ends its line nor becomes markup. */
export const mermaidText = (text: string): string =>
  text.replaceAll(unsafe, (character) => `#${(character.codePointAt(0) as number).toString()};`)
