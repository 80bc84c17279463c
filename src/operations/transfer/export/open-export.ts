import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EventBusError } from '../../../bus/errors.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import type { Hint } from '../../../bus/hints.ts'
import { fileRefused } from '../../../files/file-refused.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import type { FilterRequest } from '../../events/event-filter.ts'
import { operationHints } from '../../hints.ts'
import { damagedFile } from '../damaged-file.ts'
import type { ExportHeader } from '../frames/export-header.ts'
import { DamagedFile } from '../frames/frame-reader.ts'
import { Tally } from '../tally.ts'
import { FramesSink } from './frames-sink.ts'
import { LinesSink, type PrintLines } from './lines-sink.ts'
import { openOutput, partPath } from './output.ts'
import type { Range } from './plan.ts'
import { isSameLog, lastPart, type ScannedExport, scanExport } from './scan-export.ts'
import { scanLines } from './scan-lines.ts'
import type { ExportOutput, ExportSink } from './sink.ts'

/** What happens to an existing file: it is kept and the export refused, replaced, completed, or continued with later records. */
type ExistingFile = 'keep' | 'replace' | 'resume' | 'append'

export interface ExportTarget {
  readonly path: string
  readonly existing: ExistingFile
  /** The size of a file after which the export continues in the next one. Absent: no limit. */
  readonly limit?: number | undefined
  /** Prints the lines of an export in the format `ndjson`. Absent: the export is in frames. */
  readonly print?: PrintLines | undefined
}

export interface ExportSource {
  readonly bus: EventBus
  readonly range: Range
  readonly conditions: FilterRequest
  /** The time of the export in RFC 3339. */
  readonly created: string
}

/** An export that is ready to be written. */
export interface OpenedExport {
  readonly range: Range
  readonly sink: ExportSink
  /** Counts the records of all files of the export. */
  readonly tally: Tally
  /** The number of records that an earlier export wrote. */
  readonly before: number
}

/**
 * Opens the files of an export. Throws `REFUSED` if a file exists that may not be replaced, or that cannot be continued: an export
 * of another bus, with other conditions, or of a topic that was created again.
 */
export async function openExport(source: ExportSource, target: ExportTarget): Promise<OpenedExport> {
  const { path, existing } = target
  const parts = lastPart(path)
  if (parts === 0 || existing === 'replace') return openNew(source, target)
  if (existing === 'keep') throw await refuseExisting(target)
  return target.print === undefined ? continueFrames(source, target, parts) : continueLines(source, target, parts)
}

async function openNew({ range, conditions, created }: ExportSource, target: ExportTarget): Promise<OpenedExport> {
  const { path, limit, existing, print } = target
  try {
    makeFolder(dirname(path))
  } catch (error) {
    throw fileRefused('the export', path, error, [])
  }
  // A pipe or a device has no size to keep.
  const isSpecial = existsSync(path) && !statSync(path).isFile()
  const output = await openOutput(path, { limit, part: 1, force: existing === 'replace' || isSpecial })
  return { range, sink: openSink({ range, conditions, created, print, output }), tally: new Tally(), before: 0 }
}

interface NewSink extends Pick<ExportSource, 'range' | 'conditions' | 'created'> {
  readonly output: ExportOutput
  readonly print: PrintLines | undefined
}

/** Opens the sink of an export that has no records yet. */
export function openSink({ range, conditions, created, output, print }: NewSink): ExportSink {
  if (print !== undefined) return new LinesSink(print, output, { written: 0, part: 1 })
  const header = headerOf(range, { conditions, created, part: 1 })
  return new FramesSink(header, output, { number: 0, written: 0, tally: new Tally(), hasHeader: false })
}

function headerOf(
  { bus, topics, slices, times }: Range,
  { conditions, created, part }: Pick<ExportSource, 'conditions' | 'created'> & { readonly part: number },
): ExportHeader {
  return { created, bus, topics, slices, times, filter: conditions, part }
}

async function refuseExisting({ path, print }: ExportTarget): Promise<EventBusError> {
  const isOpen =
    print === undefined && (await scanExport(partPath(path, lastPart(path))).then(isInterrupted, () => false))
  const hints = [
    ...(isOpen ? [operationHints.resumeExport()] : []),
    operationHints.appendExport(),
    operationHints.replaceExport(),
  ]
  return refused(`${path} exists${isOpen ? ' and holds an export that was interrupted' : ''}; nothing was done`, hints)
}

const isInterrupted = ({ end }: ScannedExport): boolean => end?.complete !== true || end.continues

async function continueFrames(source: ExportSource, target: ExportTarget, parts: number): Promise<OpenedExport> {
  const { path, existing, limit } = target
  const { conditions, created } = source
  const tally = new Tally()
  const scans: ScannedExport[] = []
  for (let part = 1; part <= parts; part += 1) {
    const scan = await scanOrRefuse(partPath(path, part))
    if (scan.damage !== undefined) throw damagedFile(partPath(path, part), scan.damage)
    tally.addCounts(scan.start.tally)
    scans.push(scan)
  }
  const last = scans.at(-1) as ScannedExport
  const header = last.header ?? scans.at(-2)?.header
  if (header !== undefined) await requireSameSource(source, path, header, tally)
  if (header !== undefined && existing === 'resume' && !isInterrupted(last)) {
    throw refused(`the export ${path} is complete; nothing was done`, [operationHints.appendExport()])
  }
  const planned = header === undefined || existing === 'append' ? source.range : { ...header, bus: source.range.bus }
  // What an interrupted export lacks is before the end of its range.
  const covered = existing === 'append' && !isInterrupted(last) ? header : undefined
  const range = { ...planned, slices: remainingSlices(planned, tally, covered) }
  const keep = last.end?.continues ? undefined : last.start.written
  const part = keep === undefined ? parts + 1 : parts
  const output = await openOutput(path, { limit, part, keep })
  const start = keep === undefined ? { number: 0, written: 0, tally: new Tally(), hasHeader: false } : last.start
  // An append has a range of its own, so its header follows the records of the earlier one.
  const hasHeader = start.hasHeader && existing === 'resume'
  const whole = { ...planned, slices: wholeSlices(planned, existing === 'append' ? header : undefined) }
  const sink = new FramesSink(headerOf(whole, { conditions, created, part }), output, { ...start, hasHeader })
  return { range, sink, tally, before: tally.records }
}

/** Returns the slices without what is exported already. An append begins at the end of the range of the earlier export. */
function remainingSlices({ slices }: Range, tally: Tally, earlier: ExportHeader | undefined): Range['slices'] {
  return slices.map((slice) => {
    const { topic, partition } = slice
    const last = tally.lastOf(topic, partition) ?? -1n
    const before = earlier?.slices.find((one) => one.topic === topic && one.partition === partition)
    const ends = [slice.from, last + 1n, before?.to ?? 0n]
    return { ...slice, from: ends.reduce((a, b) => (b > a ? b : a)) }
  })
}

const wholeSlices = ({ slices }: Range, earlier: ExportHeader | undefined): Range['slices'] =>
  slices.map((slice) => {
    const before = earlier?.slices.find(
      ({ topic, partition }) => topic === slice.topic && partition === slice.partition,
    )
    return before === undefined ? slice : { ...slice, from: before.from }
  })

async function continueLines(source: ExportSource, target: ExportTarget, parts: number): Promise<OpenedExport> {
  const { path, limit, print } = target
  const tally = new Tally()
  let written = 0
  for (let part = 1; part <= parts; part += 1) {
    const scan = await scanLines(partPath(path, part))
    if (scan.invalid !== undefined) {
      const why = `line ${scan.invalid} of ${partPath(path, part)} is not a line of an export; nothing was done`
      throw refused(why, [operationHints.replaceExport()])
    }
    tally.addCounts(scan.tally)
    written = scan.written
  }
  if (!(await isSameLog(source.bus, tally))) throw createdAgain(path)
  const range = { ...source.range, slices: remainingSlices(source.range, tally, undefined) }
  const output = await openOutput(path, { limit, part: parts, keep: written })
  const sink = new LinesSink(print as PrintLines, output, { written, part: parts })
  return { range, sink, tally, before: tally.records }
}

async function scanOrRefuse(path: string): Promise<ScannedExport> {
  try {
    return await scanExport(path)
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error
    if (!error.isTorn) throw damagedFile(path, error)
    // The export was killed before it had written the first bytes.
    const start = { number: 0, written: 0, tally: new Tally(), hasHeader: false }
    return { header: undefined, end: undefined, start, damage: undefined }
  }
}

async function requireSameSource(
  { bus, range, conditions }: ExportSource,
  path: string,
  header: ExportHeader,
  tally: Tally,
): Promise<void> {
  if (header.bus.clusterId !== range.bus.clusterId) {
    throw refused(`${path} holds an export of another bus (${header.bus.kind}); nothing was done`, [])
  }
  if (JSON.stringify(header.filter) !== JSON.stringify(conditions)) {
    const shown = Object.keys(header.filter).length === 0 ? 'without conditions' : JSON.stringify(header.filter)
    throw refused(`${path} was exported with other conditions (${shown}); nothing was done`, [])
  }
  if (!(await isSameLog(bus, tally))) throw createdAgain(path)
}

const createdAgain = (path: string): EventBusError =>
  refused(`the topics end before the last record in ${path}, so they were created again; nothing was done`, [
    operationHints.replaceExport(),
  ])

const refused = (message: string, hints: readonly Hint[]): EventBusError =>
  new EventBusError('REFUSED', message, { hints })
