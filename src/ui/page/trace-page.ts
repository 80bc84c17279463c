import { eventTypeColor } from '../records/text/event-type-color.ts'
import type { TraceDocument, TraceMessage } from '../trace/trace-document.ts'
import { elements } from './browser/elements.ts'
import { jsonTree } from './browser/json-tree.ts'
import { traceDetails } from './browser/trace-details.ts'
import { traceHead } from './browser/trace-head.ts'
import { type PageTrace, traceRows } from './browser/trace-rows.ts'
import { traceView } from './browser/trace-view.ts'
import { virtualList } from './browser/virtual-list.ts'
import { htmlPage } from './page-shell.ts'
import { ROW_PX, traceStyle } from './trace-style.ts'

const tones = { red: 'bad', yellow: 'warn', cyan: 'event' } as const

/** The class of a message, by its event type as in `crbus tail`. */
const toneOf = ({ kind, eventType }: TraceMessage): string =>
  kind === 'dead-letter' || eventType === undefined ? 'bad' : tones[eventTypeColor(eventType)]

/** Creates a page of HTML that shows a conversation. It is complete in itself and loads nothing. */
export function tracePage(document: TraceDocument): string {
  const data: PageTrace = { ...document, tones: document.messages.map(toneOf) }
  return htmlPage({ title: `${document.correlationId} · crbus trace`, style: traceStyle, script, data })
}

// The parts of the page are functions that refer to nothing outside of themselves, so that their source text is the script.
const parts = { elements, virtualList, jsonTree, traceRows, traceHead, traceDetails }
const sources = Object.entries(parts).map(([name, part]) => `${name}:${part.toString()}`)

const script = `"use strict";(${traceView.toString()})(window,JSON.parse(document.getElementById("data").textContent),{${sources.join(',')}},${ROW_PX})`
