import type { EventView } from '../../events/event-view.ts'
import type { ExportOutput, ExportSink } from './sink.ts'

/** The lines of records, as `tail -o json` prints them. */
export type PrintLines = (views: readonly EventView[]) => string | Uint8Array

/** Writes an export as lines of JSON. */
export class LinesSink implements ExportSink {
  readonly #print: PrintLines
  #output: ExportOutput
  #written: number
  #part: number

  constructor(print: PrintLines, output: ExportOutput, start: { readonly written: number; readonly part: number }) {
    this.#print = print
    this.#output = output
    this.#written = start.written
    this.#part = start.part
  }

  async add(views: readonly EventView[]): Promise<void> {
    if (views.length === 0) return
    const { limit } = this.#output
    if (limit !== undefined && this.#written >= limit) {
      await this.#output.close()
      this.#part += 1
      this.#output = await this.#output.next(this.#part)
      this.#written = 0
    }
    const printed = this.#print(views)
    const bytes = typeof printed === 'string' ? Buffer.from(printed) : printed
    await this.#output.write([bytes])
    this.#written += bytes.length
  }

  finish(): Promise<void> {
    return this.#output.close()
  }
}
