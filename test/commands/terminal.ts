import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { vi } from 'vitest'

const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'

/** A fake terminal: takes keys, and holds the last frame that was drawn. */
export class FakeTerminal {
  readonly stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(isRaw: boolean) {
      this.isRaw = isRaw
      return this
    },
    ref() {
      return this
    },
    unref() {
      return this
    },
  })
  readonly stdout: Writable & { readonly isTTY: true; columns: number; rows: number }
  written = ''

  constructor(columns = 80, rows = 24) {
    const sink = new Writable({
      write: (chunk, _, done) => {
        this.written += chunk
        done()
      },
    })
    this.stdout = Object.assign(sink, { isTTY: true as const, columns, rows })
  }

  /** Types keys. */
  type(keys: string): void {
    this.stdin.write(keys)
  }

  resize(columns: number, rows: number): void {
    Object.assign(this.stdout, { columns, rows })
    this.stdout.emit('resize')
  }

  /** The lines of the last complete frame. */
  get lines(): readonly string[] {
    const whole = this.written.slice(0, this.written.lastIndexOf(END))
    const frame = whole.slice(whole.lastIndexOf(BEGIN) + BEGIN.length)
    return stripVTControlCharacters(frame).split('\n')
  }

  /** Whether the alternate screen is shown. */
  get isOnScreen(): boolean {
    return this.written.lastIndexOf('\u001b[?1049h') > this.written.lastIndexOf('\u001b[?1049l')
  }

  /** Waits until the frame contains a text. */
  async shows(text: string): Promise<readonly string[]> {
    return vi.waitFor(
      () => {
        const { lines } = this
        if (!lines.some((line) => line.includes(text))) throw new Error(`no '${text}' in\n${lines.join('\n')}`)
        return lines
      },
      { timeout: 15_000, interval: 10 },
    )
  }

  /** Waits until the frame no longer contains a text. */
  async hides(text: string): Promise<readonly string[]> {
    return vi.waitFor(
      () => {
        const { lines } = this
        if (lines.some((line) => line.includes(text))) throw new Error(`'${text}' in\n${lines.join('\n')}`)
        return lines
      },
      { timeout: 15_000, interval: 10 },
    )
  }
}
