import type { PageElement, PageWindow } from '../dom.ts'
import type { Elements } from '../elements.ts'
import type { PageFrame } from '../page-frame.ts'
import type { PageMessage, PageTrace, TraceRows } from './trace-rows.ts'

interface HeadContext {
  readonly window: PageWindow
  readonly frame: PageFrame
  readonly rows: TraceRows
  /** Selects a message. */
  readonly goTo: (index: number) => void
}

/** What is above the views: the facts of the conversation, its findings, and the dialog that explains the keys. */
export interface TraceHead {
  readonly parts: readonly PageElement[]
  readonly help: PageElement
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function traceHead({ html, button }: Elements, trace: PageTrace, context: HeadContext): TraceHead {
  const { window, frame, rows, goTo } = context
  const { messages, findings, participants, duration, firstAt, complete, correlationId } = trace
  const help = frame.helpDialog(
    [
      ['↑ ↓ j k', 'select a message; PgUp PgDn by a page; g G to the ends'],
      ['enter', 'show its details; esc closes them'],
      ['n N', 'next and previous message with a finding'],
      ['f', 'only messages with findings'],
      ['/', 'search; esc clears'],
      ['1 2 3', 'messages, sequence, timeline'],
      ['t', 'light or dark'],
      ['?', 'this help'],
    ],
    html('p', 'dim', '~ marks a cause that is guessed by the order of the messages. Times are in UTC.'),
  )
  const toneOf = ({ code }: PageTrace['findings'][number]) => (code === 'duplicate' ? 'warn' : 'bad')
  const show = ({ messages: [first] }: PageTrace['findings'][number]) =>
    first === undefined ? undefined : () => goTo(first)
  return { parts: [header(), ...frame.findingsPanel(findings, toneOf, show)], help }

  function header(): PageElement {
    const copy = button('Copy id', 'quiet no-print', () => {
      const said = (text: string) => () => {
        copy.textContent = text
      }
      window.navigator.clipboard?.writeText(correlationId).then(said('Copied'), said('Copying is not allowed'))
    })
    const slowest = messages.reduce<PageMessage | undefined>(
      (most, message) => ((message.elapsed ?? 0) > (most?.elapsed ?? 0) ? message : most),
      undefined,
    )
    const facts = [
      frame.counted(messages.length, 'message'),
      duration !== undefined && html('span', '', html('b', '', rows.hop(duration).slice(1)), ' in total'),
      frame.counted(participants.length, 'participant'),
      frame.counted(findings.length, 'finding'),
      firstAt !== undefined && html('span', '', `since ${firstAt}`),
      slowest?.eventType !== undefined &&
        html('span', '', 'slowest step: ', html('b', '', slowest.eventType), ` ${rows.hopOf(slowest)}`),
      !complete && html('span', 'bad', 'not complete: a limit cut the conversation'),
    ]
    return frame.header(correlationId, { buttons: [copy], help, facts })
  }
}
