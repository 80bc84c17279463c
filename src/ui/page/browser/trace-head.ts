import type { PageElement, PageWindow } from './dom.ts'
import type { Elements } from './elements.ts'
import type { PageMessage, PageTrace, TraceRows } from './trace-rows.ts'

interface HeadContext {
  readonly window: PageWindow
  readonly rows: TraceRows
  /** Selects a message. */
  readonly goTo: (index: number) => void
  readonly switchTheme: () => void
}

/** What is above the views: the facts of the conversation, its findings, and the dialog that explains the keys. */
export interface TraceHead {
  readonly parts: readonly PageElement[]
  readonly help: PageElement
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function traceHead({ html, button }: Elements, trace: PageTrace, context: HeadContext): TraceHead {
  const { window, rows, goTo, switchTheme } = context
  const { messages, findings, participants, duration, firstAt, complete, correlationId } = trace
  const help = helpDialog()
  return { parts: [header(), ...findingsPanel()], help }

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
    const counted = (count: number, noun: string) =>
      html('span', '', html('b', '', count.toLocaleString('en')), ` ${noun}${count === 1 ? '' : 's'}`)
    return html(
      'header',
      '',
      html('h1', '', correlationId),
      copy,
      html('span', 'spring'),
      button('Theme', 'quiet no-print', switchTheme),
      button('Keys', 'quiet no-print', () => help.showModal()),
      html(
        'div',
        'facts',
        counted(messages.length, 'message'),
        duration !== undefined && html('span', '', html('b', '', rows.hop(duration).slice(1)), ' in total'),
        counted(participants.length, 'participant'),
        counted(findings.length, 'finding'),
        firstAt !== undefined && html('span', '', `since ${firstAt}`),
        slowest?.eventType !== undefined &&
          html('span', '', 'slowest step: ', html('b', '', slowest.eventType), ` ${rows.hopOf(slowest)}`),
        !complete && html('span', 'bad', 'not complete: a limit cut the conversation'),
      ),
    )
  }

  function findingsPanel(): readonly PageElement[] {
    if (findings.length === 0) return []
    const items = findings.map(({ code, message, messages: [first], suggestions }) =>
      html(
        'li',
        '',
        html('span', `badge ${code === 'duplicate' ? 'warn' : 'bad'}`, code),
        html('span', '', message, ...suggestions.map(next)),
        first !== undefined && button('Show', 'quiet no-print', () => goTo(first)),
      ),
    )
    const panel = html('section', 'findings', html('ul', '', ...items))
    panel.setAttribute('aria-label', 'Findings')
    return [panel]
  }

  /** Shows what to try next: a command or a flag as code. */
  function next({ run, flag, hint }: PageTrace['findings'][number]['suggestions'][number]): PageElement {
    return html(
      'div',
      'dim',
      'try: ',
      run === undefined && flag === undefined ? hint : html('code', 'mono', run ?? flag),
    )
  }

  function helpDialog(): PageElement {
    const keys: readonly (readonly [string, string])[] = [
      ['↑ ↓ j k', 'select a message; PgUp PgDn by a page; g G to the ends'],
      ['enter', 'show its details; esc closes them'],
      ['n N', 'next and previous message with a finding'],
      ['f', 'only messages with findings'],
      ['/', 'search; esc clears'],
      ['1 2 3', 'messages, sequence, timeline'],
      ['t', 'light or dark'],
      ['?', 'this help'],
    ]
    const pairs = keys.flatMap(([key, text]) => [html('dt', '', html('kbd', '', key)), html('dd', '', text)])
    const dialog = html(
      'dialog',
      '',
      html('h2', '', 'Keys'),
      html('dl', 'pairs', ...pairs),
      html('p', 'dim', '~ marks a cause that is guessed by the order of the messages. Times are in UTC.'),
      button('Close', '', () => dialog.close()),
    )
    dialog.setAttribute('aria-label', 'Keys')
    return dialog
  }
}
