import type { BusRecord } from '../../../bus/record.ts'
import type { EventView } from '../../events/event-view.ts'
import type { ExportHeader } from '../frames/export-header.ts'
import { FrameWriter } from '../frames/frame-writer.ts'
import { RecordsWriter } from '../frames/write-records.ts'
import { Tally } from '../tally.ts'
import type { ExportOutput, ExportSink } from './sink.ts'

/** The size of a frame before compression: larger frames are not smaller in the file, and an interruption loses more of them. */
const FRAME_BYTES = 1024 * 1024

/** Where a file of frames continues. */
export interface FramesStart {
  readonly number: number
  readonly written: number
  /** The records that the file has. */
  readonly tally: Tally
  /** Whether the header of the export is in the file. */
  readonly hasHeader: boolean
}

/** Writes an export as frames; see README.md for the format. */
export class FramesSink implements ExportSink {
  readonly #header: ExportHeader
  readonly #topics: ReadonlyMap<string, number>
  readonly #records = new RecordsWriter()
  #output: ExportOutput
  #writer: FrameWriter
  #tally: Tally
  #hasHeader: boolean
  #part: number

  /** `header.part` is the number of the file that `output` writes. */
  constructor(header: ExportHeader, output: ExportOutput, start: FramesStart) {
    this.#header = header
    this.#topics = new Map(header.topics.map(({ topic }, index) => [topic, index]))
    this.#output = output
    this.#writer = new FrameWriter((parts) => output.write(parts), start)
    this.#tally = start.tally
    this.#hasHeader = start.hasHeader
    this.#part = header.part
  }

  async add(views: readonly EventView[]): Promise<void> {
    for (let at = 0; at < views.length; ) {
      const run = runFrom(views, at)
      const [first] = run
      if (first === undefined) return
      this.#records.addRun(this.#topics.get(first.topic) ?? 0, run)
      for (const record of run) this.#tally.add(record)
      at += run.length
      if (this.#records.size >= FRAME_BYTES) await this.#writeFrame()
    }
  }

  async finish(complete: boolean): Promise<void> {
    await this.#writeFrame()
    await this.#end({ complete, continues: false })
  }

  async #writeFrame(): Promise<void> {
    await this.#begin()
    if (this.#records.count === 0) return
    await this.#writer.records(this.#records.take())
    const { limit } = this.#output
    if (limit === undefined || this.#writer.written < limit) return
    await this.#end({ complete: true, continues: true })
    this.#part += 1
    const output = await this.#output.next(this.#part)
    this.#output = output
    this.#writer = new FrameWriter((parts) => output.write(parts), { number: 0, written: 0 })
    this.#tally = new Tally()
    this.#hasHeader = false
  }

  async #begin(): Promise<void> {
    if (this.#hasHeader) return
    this.#hasHeader = true
    await this.#writer.header({ ...this.#header, part: this.#part })
  }

  async #end(state: { readonly complete: boolean; readonly continues: boolean }): Promise<void> {
    const { partitions, earliest, latest } = this.#tally
    await this.#writer.end({ ...state, partitions, earliest, latest })
    await this.#output.close()
  }
}

/** The most records of a run, so that a large batch of small records is divided into frames. */
const MAX_RUN_RECORDS = 4096

/** Returns the records from `at` on that are of one partition. */
function runFrom(views: readonly EventView[], at: number): readonly BusRecord[] {
  const first = views[at]?.record
  const run: BusRecord[] = []
  let bytes = 0
  for (let index = at; index < views.length && run.length < MAX_RUN_RECORDS && bytes < FRAME_BYTES; index += 1) {
    const record = views[index]?.record
    if (record === undefined || record.partition !== first?.partition || record.topic !== first.topic) break
    run.push(record)
    bytes += record.value?.length ?? 0
  }
  return run
}
