import type { EventView, Reading } from '../../operations/events/event-view.ts'
import type { Io } from '../text/io.ts'
import type { TextStyle } from './format-record-text.ts'
import type { RecordPrinter } from './record-printer.ts'
import type { PrettyStyle } from './text/format-record-pretty.ts'

/** A printer, or why the output is invalid. */
export type OpenedPrinter =
  | { readonly ok: true; readonly printer: RecordPrinter }
  | { readonly ok: false; readonly reason: string }

/** How records are printed. */
export interface PrintStyle extends Pick<TextStyle, 'timeZone' | 'headers' | 'truncate'>, Pick<PrettyStyle, 'now'> {
  readonly io: Pick<Io, 'stdout' | 'color'>
}

/** Opens the printer for an output: `text`, `pretty`, `json`, `raw` or a format with `%`. */
export async function openPrinter(output: string, reading: Reading, style: PrintStyle): Promise<OpenedPrinter> {
  const { stdout, color } = style.io
  if (output === 'json') {
    const { jsonPrinter } = await import('./record-printer.ts')
    return opened(jsonPrinter(reading))
  }
  // A pipe gets the bytes. A terminal gets text, so that `write` escapes control characters.
  if (output === 'raw') return opened(new RawPrinter(stdout.isTTY ? (bytes) => bytes.toString() : (bytes) => bytes))
  if (output === 'text') {
    const { textFormatter } = await import('./format-record-text.ts')
    // Some terminals report 0 columns.
    const columns = () => (stdout.isTTY && stdout.columns) || undefined
    return opened(new LinePrinter(textFormatter({ ...style, color, columns })))
  }
  if (output === 'pretty') {
    const { prettyFormatter } = await import('./text/format-record-pretty.ts')
    return opened(new LinePrinter(eachOf(prettyFormatter({ ...style, color }))))
  }
  const { compileTemplate } = await import('./format-template.ts')
  const compiled = compileTemplate(output, style.timeZone)
  if (!compiled.ok) return compiled
  if (!output.includes('%'))
    return { ok: false, reason: `'${output}' is neither text, pretty, json, raw nor a format with %` }
  // As bytes, which `write` does not escape: the format may contain control characters, such as `\0` for xargs. The values in
  // the text are already escaped.
  return opened(new LinePrinter(eachOf(compiled.format), Buffer.from))
}

const opened = (printer: RecordPrinter): OpenedPrinter => ({ ok: true, printer })

const eachOf =
  (format: (view: EventView) => string) =>
  (batch: readonly EventView[]): string =>
    batch.map(format).join('')

/** Prints batches as the text that a function returns. */
class LinePrinter implements RecordPrinter {
  undecodable = 0
  readonly #format: (batch: readonly EventView[]) => string
  readonly #encode: (text: string) => string | Uint8Array

  constructor(
    format: (batch: readonly EventView[]) => string,
    encode: (text: string) => string | Uint8Array = (text) => text,
  ) {
    this.#format = format
    this.#encode = encode
  }

  print(batch: readonly EventView[]): string | Uint8Array {
    for (const view of batch) if (view.isUndecodable) this.undecodable += 1
    return this.#encode(this.#format(batch))
  }
}

const LINE_FEED = 0x0a

/** Prints the value of each record and a line feed, without decoding it. */
class RawPrinter implements RecordPrinter {
  readonly undecodable = 0
  readonly #encode: (bytes: Buffer) => string | Uint8Array

  constructor(encode: (bytes: Buffer) => string | Uint8Array) {
    this.#encode = encode
  }

  print(batch: readonly EventView[]): string | Uint8Array {
    let size = batch.length
    for (const { record } of batch) size += record.value?.length ?? 0
    const lines = Buffer.allocUnsafe(size)
    let at = 0
    for (const { record } of batch) {
      if (record.value !== null) {
        lines.set(record.value, at)
        at += record.value.length
      }
      lines[at++] = LINE_FEED
    }
    return this.#encode(lines)
  }
}
