import type { TraceDocument, TraceMessage } from '../trace/trace-document.ts'
import { elements } from './browser/elements.ts'
import { jsonTree } from './browser/json-tree.ts'
import { pageFrame } from './browser/page-frame.ts'
import { pageKeys } from './browser/page-keys.ts'
import { traceDetails } from './browser/trace/trace-details.ts'
import { traceHead } from './browser/trace/trace-head.ts'
import { type PageTrace, traceRows } from './browser/trace/trace-rows.ts'
import { traceView } from './browser/trace/trace-view.ts'
import { virtualList } from './browser/virtual-list.ts'
import { ROW_PX } from './frame-style.ts'
import { htmlPage, pageScript } from './page-shell.ts'
import { toneOfType } from './tone-of-type.ts'
import { traceStyle } from './trace-style.ts'

/** The class of a message, by its event type as in `crbus tail`. */
const toneOf = ({ kind, eventType }: TraceMessage): string =>
  kind === 'dead-letter' || eventType === undefined ? 'bad' : toneOfType(eventType)

/** Creates a page of HTML that shows a conversation. It is complete in itself and loads nothing. */
export function tracePage(document: TraceDocument): string {
  const data: PageTrace = { ...document, tones: document.messages.map(toneOf) }
  return htmlPage({ title: `${document.correlationId} · crbus trace`, style: traceStyle, script, data })
}

const script = pageScript(
  traceView,
  { elements, pageFrame, pageKeys, virtualList, jsonTree, traceRows, traceHead, traceDetails },
  ROW_PX,
)
