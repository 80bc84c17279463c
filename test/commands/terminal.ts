import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { vi } from 'vitest'

const END_FRAME = '\u001b[?2026l'
/** Matches the sequences that the screen is drawn with: the start of a row, the erased screen, and the end of a frame. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const drawing = /(\u001b\[(?:\d+;1H|2J|\?2026l))/

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
  /** The rows of the frame that is being drawn, and those of the last complete one. */
  #rows: string[] = []
  #frame: readonly string[] = []
  #row = 0

  constructor(columns = 80, rows = 24) {
    const sink = new Writable({
      write: (chunk, _, done) => {
        this.written += chunk
        this.#draw(String(chunk))
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
    return this.#frame
  }

  /** Draws as the terminal would. Each row is drawn as a whole. */
  #draw(text: string): void {
    for (const part of text.split(drawing)) {
      if (part === END_FRAME) this.#frame = [...this.#rows]
      else if (part === '\u001b[2J') this.#rows = []
      else if (drawing.test(part)) {
        this.#row = Number.parseInt(part.slice(2), 10) - 1
        this.#rows[this.#row] = ''
      } else {
        const shown = stripVTControlCharacters(part)
        if (shown !== '') this.#rows[this.#row] = `${this.#rows[this.#row] ?? ''}${shown}`
      }
    }
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
