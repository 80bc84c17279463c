import type { PageElement } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { PageFinding } from '../page-frame.ts'

/** A message as the page needs it: a message of the document of `crbus trace`. */
export interface PageMessage {
  readonly index: number
  readonly kind: string
  readonly topic: string
  readonly partition: number
  readonly offset: number | string
  readonly time: string | null
  readonly eventType?: string | undefined
  readonly data?: unknown
  readonly error?: string | undefined
  readonly cause?: number | undefined
  readonly causedBy?: string | undefined
  readonly elapsed?: number | undefined
  readonly copyOf?: number | undefined
  readonly from: string
  readonly to: string
  readonly deadLetter?: { readonly reason?: string | undefined } | undefined
  readonly marks: readonly string[]
}

/** A conversation as the page needs it: the document of `crbus trace`, and a tone for each message. */
export interface PageTrace {
  readonly correlationId: string
  readonly duration?: number | undefined
  readonly firstAt?: string | undefined
  readonly complete: boolean
  readonly messages: readonly PageMessage[]
  readonly participants: readonly { readonly name: string }[]
  readonly findings: readonly (PageFinding & { readonly messages: readonly number[] })[]
  readonly read: { readonly topics: readonly string[] }
  /** The class of each message: `bad`, `warn` or `event`. */
  readonly tones: readonly string[]
}

/** What the rows of a conversation need besides the message. */
interface RowContext {
  readonly lanes: readonly string[]
  /** When the conversation began and ended, in milliseconds. */
  readonly begin: number
  readonly end: number
  /** The class of a message by its event type: `bad`, `warn` or `event`. */
  readonly toneOf: (message: PageMessage) => string
  readonly timeOf: (message: PageMessage) => number | undefined
}

/** Formats a message as a row of one of the views. */
export interface TraceRows {
  /** The width of a lane in the sequence diagram, in pixels. */
  readonly laneWidth: number
  hop(milliseconds: number): string
  hopOf(message: PageMessage): string
  clock(time: string | null): string
  /** A line of the tree. */
  line(message: PageMessage, branch: string): PageElement
  /** A line of the sequence diagram. */
  arrow(message: PageMessage): PageElement
  /** The heads of the lanes. */
  laneHeads(): PageElement
  /** A line of the timeline, `width` pixels wide. */
  bar(message: PageMessage, cause: PageMessage | undefined, width: number): PageElement
  /** The scale of the timeline. */
  scale(width: number): PageElement
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function traceRows({ html, svg, visible }: Elements, context: RowContext, height: number): TraceRows {
  const { lanes, begin, end, toneOf, timeOf } = context
  const laneWidth = 168
  /** The space on both sides of the timeline, and that for the label of a bar. */
  const margin = 18
  const labelWidth = 240
  const middle = height / 2

  const hop = (milliseconds: number): string => {
    const sign = milliseconds < 0 ? '−' : '+'
    const size = Math.abs(milliseconds)
    if (size < 1000) return `${sign}${Math.round(size)} ms`
    if (size < 60_000) return `${sign}${(size / 1000).toFixed(size < 10_000 ? 2 : 1)} s`
    if (size < 3_600_000) return `${sign}${Math.floor(size / 60_000)} m ${Math.round((size % 60_000) / 1000)} s`
    return `${sign}${Math.floor(size / 3_600_000)} h ${Math.round((size % 3_600_000) / 60_000)} m`
  }
  const hopOf = ({ elapsed, causedBy }: PageMessage): string =>
    elapsed === undefined ? '' : `${causedBy === 'order' ? '~' : ''}${hop(elapsed)}`
  /** The time of day in UTC, as in all documents. */
  const clock = (time: string | null): string => (time === null ? '-' : time.slice(11, 23))
  const nameOf = ({ eventType, kind }: PageMessage): string =>
    eventType ?? (kind === 'dead-letter' ? 'dead letter' : 'undecodable')
  const preview = ({ data, error }: PageMessage): string => {
    const text = error ?? (data === undefined ? '' : (JSON.stringify(data) ?? ''))
    return text.length > 300 ? `${text.slice(0, 300)}…` : text
  }
  const badges = (message: PageMessage): PageElement[] => {
    const found = message.marks.map((mark) => html('span', `badge ${mark === 'duplicate' ? 'warn' : 'bad'}`, mark))
    return message.kind === 'dead-letter' && !message.marks.includes('dead-letter')
      ? [html('span', 'badge bad', 'dead-letter'), ...found]
      : found
  }
  /** Shortens a label to a width in pixels: a character takes about 7. */
  const fitted = (text: string, width: number): string => {
    const shown = visible(text)
    const most = Math.max(3, Math.floor(width / 7))
    return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`
  }
  const laneX = (at: number): number => margin + at * laneWidth + laneWidth / 2
  const share = (milliseconds: number): number => (end > begin ? (milliseconds - begin) / (end - begin) : 0)
  const timeX = (milliseconds: number, width: number): number =>
    margin + Math.max(0, Math.min(1, share(milliseconds))) * (width - 2 * margin - labelWidth)

  return {
    laneWidth,
    hop,
    hopOf,
    clock,
    line(message, branch) {
      const tone = message.error === undefined ? toneOf(message) : 'bad'
      return html(
        'div',
        'row',
        html('span', 'time mono dim', clock(message.time)),
        html('span', 'hop mono dim', hopOf(message)),
        html('span', 'name', html('span', 'branch mono', branch), html('span', `kind ${tone}`, nameOf(message))),
        ...badges(message),
        html('span', 'text mono dim', preview(message)),
      )
    },
    arrow(message) {
      const from = Math.max(0, lanes.indexOf(message.from))
      const to = Math.max(0, lanes.indexOf(message.to))
      const width = margin * 2 + lanes.length * laneWidth
      const lines = lanes.map((_, at) =>
        svg('line', { class: 'life', x1: laneX(at), x2: laneX(at), y1: 0, y2: height }),
      )
      const [start, stop] = [laneX(from), laneX(to)]
      const isSelf = from === to
      const direction = stop >= start ? 1 : -1
      const tip = isSelf ? start + 7 : stop - direction * 2
      const path = isSelf ? `M${start} ${middle - 6} h26 v12 h-20` : `M${start} ${middle + 6} H${stop - direction * 8}`
      const y = middle + 6
      const head = isSelf ? `M${tip} ${y} l8 -4 v8 z` : `M${tip} ${y} l${-8 * direction} -4 v8 z`
      const room = isSelf ? laneWidth - 40 : Math.abs(stop - start) - 12
      const marks = message.marks.length === 0 ? '' : ` [${message.marks.join(', ')}]`
      const x = isSelf ? start + 32 : (start + stop) / 2
      const group = svg(
        'g',
        { class: toneOf(message) },
        svg('path', { class: 'arrow', d: path, ...(message.kind === 'event' ? { 'stroke-dasharray': '5 3' } : {}) }),
        svg('path', { class: 'head', d: head }),
        svg(
          'text',
          { x, y: isSelf ? middle + 4 : middle, 'text-anchor': isSelf ? 'start' : 'middle' },
          fitted(`${nameOf(message)}${marks}`, room),
        ),
      )
      return html(
        'div',
        'row drawn',
        svg('svg', { width, height, 'aria-hidden': 'true' }, ...lines, group),
        label(message),
      )
    },
    laneHeads() {
      const width = margin * 2 + lanes.length * laneWidth
      const heads = lanes.map((lane, at) =>
        svg('text', { class: 'lane', x: laneX(at), y: 18, 'text-anchor': 'middle' }, fitted(lane, laneWidth - 12)),
      )
      return svg('svg', { width, height: 28, 'aria-hidden': 'true' }, ...heads)
    },
    bar(message, cause, width) {
      const time = timeOf(message)
      const row = html('div', 'row drawn')
      if (time === undefined) {
        row.append(
          svg(
            'svg',
            { width, height },
            svg('text', { x: margin, y: middle + 4 }, fitted(`${nameOf(message)} (no time)`, 400)),
          ),
        )
        return row
      }
      const causeTime = cause === undefined ? time : (timeOf(cause) ?? time)
      const [left, right] = [timeX(Math.min(time, causeTime), width), timeX(Math.max(time, causeTime), width)]
      const after = hopOf(message)
      row.append(
        svg(
          'svg',
          { width, height, 'aria-hidden': 'true' },
          svg(
            'g',
            { class: toneOf(message) },
            svg('line', { class: 'span', x1: left, x2: Math.max(right, left + 2), y1: middle, y2: middle }),
            svg('circle', { class: 'dot', cx: timeX(time, width), cy: middle, r: 4 }),
            svg(
              'text',
              { x: Math.max(right, left + 2) + 9, y: middle + 4 },
              fitted(`${nameOf(message)}${after === '' ? '' : `  ${after}`}`, labelWidth),
            ),
          ),
        ),
        label(message),
      )
      return row
    },
    scale(width) {
      const least = (130 * (end - begin)) / Math.max(1, width - 2 * margin - labelWidth)
      const ticks: PageElement[] = []
      const distance = niceStep(least)
      for (let time = begin; time <= end && ticks.length < 200; time += distance) {
        const text = time === begin ? '0' : hop(time - begin)
        ticks.push(svg('text', { class: 'tick', x: timeX(time, width), y: 18 }, text))
      }
      return svg('svg', { width, height: 28, 'aria-hidden': 'true' }, ...ticks)
    },
  }

  /** Returns the smallest round duration that is at least as long. */
  function niceStep(least: number): number {
    const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map(
      (s) => s * 1000,
    )
    const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, ...seconds]
    const found = steps.find((step) => step >= least)
    return found ?? Math.ceil(least / 86_400_000) * 86_400_000
  }

  /** The text of a drawn row for screen readers. */
  function label(message: PageMessage): PageElement {
    const text = html(
      'span',
      'hidden-text',
      `${nameOf(message)} from ${message.from} to ${message.to} ${hopOf(message)}`,
    )
    return text
  }
}
