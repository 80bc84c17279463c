import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { BaseCommand } from '../cli/base/base-command.ts'
import { readFlags, timeFlags } from '../cli/base/flags.ts'
import { toDuration } from '../cli/base/parse-flags.ts'
import { toTailRange, toTailTopics } from '../cli/base/tail-flags.ts'
import { UsageError } from '../cli/errors.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { flag, run } from '../cli/suggestions.ts'
import { rangeFlags, toConditions } from '../cli/transfer/range-flags.ts'
import { openReading, toFilter } from '../cli/transfer/reading.ts'
import { toSize } from '../cli/transfer/size.ts'
import type { FilterRequest } from '../operations/events/event-filter.ts'
import type { Reading } from '../operations/events/event-view.ts'
import { exportRange } from '../operations/transfer/export/export.ts'
import { exportedFiles } from '../operations/transfer/export/exported-files.ts'
import {
  type ExportTarget,
  type OpenedExport,
  openExport,
  openSink,
} from '../operations/transfer/export/open-export.ts'
import { streamOutput } from '../operations/transfer/export/output.ts'
import { type Range, resolveRange } from '../operations/transfer/export/plan.ts'
import { Tally } from '../operations/transfer/tally.ts'
import { formatOutage } from '../ui/format-outage.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'
import { ProgressLine } from '../ui/records/progress-line.ts'
import { write } from '../ui/text/io.ts'
import { plural } from '../ui/text/listed.ts'
import { exportDocument, formatExported } from '../ui/transfer/format-export.ts'

const FORMATS = ['frames', 'ndjson'] as const
type Format = (typeof FORMATS)[number]

/** A file to write and the records that it holds. */
interface ToWrite {
  readonly path: string
  readonly format: Format
  readonly range: Range
}

interface OpenFile extends Pick<ToWrite, 'path' | 'format'>, Pick<ExportTarget, 'limit' | 'existing'> {
  readonly conditions: FilterRequest
  readonly reading: Reading
}

export default class Export extends BaseCommand {
  static override summary = 'Write the events of topics to a file, with keys, headers, timestamps and partitions'
  static override document = 'export'
  static override description = [
    'Writes the records of a range to a file that "crbus import" reads back byte for byte. The range ends at the current end of the topics, unless --to is given. The bus is only read.',
    'The format "frames" is compressed and has checksums; it is the default for files that end with .crbus. The format "ndjson" has one line for each record, as "crbus tail -o json" prints them, merged by time; "crbus publish" reads them too.',
    'If --file is a folder, each topic is written to a file of its own: TOPIC.crbus.',
    'An export that was interrupted keeps what it has written: --resume continues it. --append adds the records that followed since.',
  ].join('\n\n')
  static override strict = false
  static override picked = ['topic']
  static override args = {
    topic: Args.string({ description: 'Topics to export; * and ? are wildcards', ignoreStdin: true }),
  }
  static override usage = 'export TOPIC... --file FILE'
  static override examples = [
    '<%= config.bin %> export order-events --file orders.crbus',
    "<%= config.bin %> export 'order-*' --file backup/ --from @-24h",
    "<%= config.bin %> export order-events --file - --type 'OrderPlaced.*' | jq .data",
  ]
  static override flags = {
    ...readFlags,
    ...timeFlags,
    file: Flags.string({
      description: 'File or folder to write; - is stdout',
      required: true,
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: FORMATS })({
      description: 'Format: frames or ndjson (default: frames for .crbus files and folders, else ndjson)',
      helpValue: 'FORMAT',
    }),
    split: Flags.string({
      description: 'Continue in a next file (orders.2.crbus) after this size, such as 1GB',
      helpValue: 'SIZE',
    }),
    resume: Flags.boolean({
      description: 'Continue an export that was interrupted',
      exclusive: ['append', 'force'],
    }),
    append: Flags.boolean({
      description: 'Add the records that follow those in the file',
      exclusive: ['force', 'from'],
    }),
    force: Flags.boolean({ description: 'Replace an existing file' }),
    ...rangeFlags,
  }

  async run() {
    const { argv, flags } = await this.parse(Export)
    const chosen = toTailTopics(argv as string[], flags.partition)
    const limit = toSize('--split', flags.split)
    const { from, to } = toTailRange(flags, this.context.now())
    const conditions = toConditions(flags)
    const { filter, stats } = await toFilter(conditions)
    const reading = await openReading(flags, await this.schemaLocation(), await this.configuration())
    const outageLimit = toDuration('--give-up-after', flags['give-up-after'], '10m')
    const bus = await this.openBus()
    const request = { ...chosen, from, to, signal: this.signal }
    const onNotice = (notice: Parameters<typeof tailNoticeText>[0]) =>
      void this.notice(tailNoticeText(notice, this.timeZone))
    const range = await resolveRange(bus, { ...request, onNotice })
    const files = this.#files(flags, range)
    const onOutage = (outage: Parameters<typeof formatOutage>[0]) =>
      void this.notice(formatOutage(outage, this.context.now(), this.timeZone))
    const existing = flags.resume ? 'resume' : flags.append ? 'append' : flags.force ? 'replace' : 'keep'
    const total = new Tally()
    let before = 0
    for (const { path, format, range: own } of files) {
      const opened = await this.#open(bus, own, { path, format, limit, conditions, reading, existing })
      before += opened.before
      const reader = { ...opened.range, filter, reading, signal: this.signal, onOutage, outageLimit }
      await this.#write(bus, { ...reader, byTime: format === 'ndjson' }, opened)
      total.addCounts(opened.tally)
      if (this.signal.aborted) break
    }
    const complete = !this.signal.aborted
    const done = {
      files: files.flatMap(({ path }) => (path === '-' ? [] : exportedFiles(path))),
      tally: total,
      before,
      complete,
    }
    const { reason } = this.context.stop
    if (flags.file === '-' && reason !== undefined) return exportDocument(done)
    if (flags.file === '-' && !this.isJson) await this.notice(`${plural(total.records, 'record')} exported`)
    else await this.print(formatExported(done, this.timeZone))
    if (!complete) await this.notice('the export was interrupted; --resume continues it')
    if (stats.errors > 0) await this.notice(`--where failed for ${plural(stats.errors, 'record')}: ${stats.firstError}`)
    return exportDocument(done)
  }

  /** Returns the files to write, each with the part of the range that it holds. */
  #files({ file, format }: { readonly file: string; readonly format?: Format | undefined }, range: Range): ToWrite[] {
    if (file === '-') return [{ path: '-', format: format ?? 'ndjson', range }]
    const path = resolve(this.context.cwd, file)
    const isFolder = file.endsWith('/') || (existsSync(path) && statSync(path).isDirectory())
    if (!isFolder) return [{ path, format: format ?? (path.endsWith('.crbus') ? 'frames' : 'ndjson'), range }]
    const extension = format === 'ndjson' ? 'ndjson' : 'crbus'
    return range.topics.map(({ topic, partitions }) => ({
      path: join(path, `${topic}.${extension}`),
      format: format ?? 'frames',
      range: {
        ...range,
        topics: [{ topic, partitions }],
        slices: range.slices.filter((slice) => slice.topic === topic),
      },
    }))
  }

  async #open(
    bus: EventBus,
    range: Range,
    { path, format, limit, conditions, reading, existing }: OpenFile,
  ): Promise<OpenedExport> {
    const created = new Date(this.context.now()).toISOString()
    const print =
      format === 'ndjson' ? (await import('../ui/records/record-printer.ts')).jsonPrinter(reading) : undefined
    const lines = print && ((views: Parameters<typeof print.print>[0]) => print.print(views))
    if (path !== '-') {
      return openExport({ bus, range, conditions, created }, { path, existing, limit, print: lines })
    }
    const { stdout } = this.context.io
    if (format === 'frames' && stdout.isTTY) {
      throw new UsageError('frames are not text, so they are not written to a terminal', [
        flag('--file orders.crbus'),
        flag('--format ndjson'),
      ])
    }
    if (this.isJson) throw new UsageError('--json and --file - both write to stdout', [run('crbus export --help')])
    const output = streamOutput(stdout, (bytes) => write(stdout, bytes, this.context.stop.readerLeft))
    return {
      range,
      sink: openSink({ range, conditions, created, output, print: lines }),
      tally: new Tally(),
      before: 0,
    }
  }

  async #write(
    bus: EventBus,
    request: Parameters<typeof exportRange>[1],
    { sink, tally }: OpenedExport,
  ): Promise<void> {
    const boundMemory = youngGenerationBound()
    const offsets = request.slices.reduce((sum, { from, to }) => sum + Number(to - from), 0)
    const start = tally.records
    const share = (count: number) => (offsets === 0 ? undefined : Math.min(1, (count - start) / offsets))
    const style = { verb: 'exported', sharesTerminal: true }
    const progress = new ProgressLine(this.context.io, share, this.context.stop.readerLeft, style)
    try {
      for await (const _ of exportRange(bus, request, sink, tally)) {
        progress.update(tally.records)
        boundMemory()
      }
    } finally {
      progress.end(tally.records)
    }
  }
}
