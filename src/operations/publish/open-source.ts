import { resolve } from 'node:path'
import { compileData } from './data-template.ts'
import { type InputLine, linesOf } from './lines.ts'
import { openFile, openFileProblem, type Progress, readChunks, repeatedLines } from './source.ts'

/** What the user chose to publish. */
export interface SourceRequest {
  readonly topic: string
  /** The data of one event, a template. Needs `type`. */
  readonly data?: string | undefined
  /** A file of lines; `-` is stdin. */
  readonly file?: string | undefined
  /** The argument behind the topic; only `-`, stdin, is valid. */
  readonly input?: string | undefined
  /** Publish a record without a value for `key`. */
  readonly tombstone: boolean
  readonly key?: string | undefined
  readonly type?: string | undefined
  /** How many events to make from `data`. Default: 1. */
  readonly count?: number | undefined
  /** Events per second. */
  readonly rate?: number | undefined
}

/** The parts of the process that a source reads from. */
export interface SourceSurroundings {
  readonly stdin: AsyncIterable<Uint8Array | string> & {
    readonly isTTY?: boolean | undefined
    readonly fd?: number | undefined
  }
  readonly cwd: string
  readonly now: () => number
}

export type OpenedSource =
  | { readonly ok: true; readonly lines: AsyncIterable<readonly InputLine[]>; readonly progress: Progress }
  | { readonly ok: false; readonly reason: string; readonly hints: readonly string[] }

/** Events made from a template without `--rate`: how many are made and sent at a time. */
const MAX_BATCH_EVENTS = 1000
/** With `--rate`, a batch is made this many times per second, so that `{{now}}` is close to the time of publishing. */
const BATCHES_PER_SECOND = 20

/** Opens what is published: one event or many made from `--data`, a tombstone, a file, or stdin. */
export async function openSource(request: SourceRequest, surroundings: SourceSurroundings): Promise<OpenedSource> {
  const { data, file, input, tombstone, key } = request
  if (input !== undefined && input !== '-') {
    return refused(`'${input}' is neither a flag nor -`, `--file ${input}`, `--data '${input}'`)
  }
  if (tombstone) {
    const lines = repeatedLines(() => JSON.stringify({ tombstone: true, key }), 1, 1)
    return { ok: true, lines, progress: unknownProgress }
  }
  if (data !== undefined) return openData(data, request, surroundings)
  if (file === undefined || file === '-') return openStdin(request, surroundings)
  const opened = await openFile(resolve(surroundings.cwd, file))
  if (!opened.ok) return refused(opened.reason, '--file orders.ndjson')
  return { ok: true, lines: linesOf(opened.chunks), progress: opened.progress }
}

function openData(data: string, { type, count = 1, rate }: SourceRequest, { now }: SourceSurroundings): OpenedSource {
  if (type === undefined) return refused('--data needs --type', '--type OrderPlaced.v1')
  const compiled = compileData(data, now)
  if (!compiled.ok) return refused(`--data: ${compiled.reason}`)
  const size = rate === undefined ? MAX_BATCH_EVENTS : Math.max(1, Math.floor(rate / BATCHES_PER_SECOND))
  const lines = repeatedLines(compiled.render, count, size)
  return { ok: true, lines, progress: (published) => published / count }
}

function openStdin({ topic, file, input }: SourceRequest, { stdin }: SourceSurroundings): OpenedSource {
  if (file === undefined && input === undefined && stdin.isTTY) {
    return refused(
      'nothing to publish',
      `crbus publish ${topic} --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
      'give --file, or pipe lines in',
    )
  }
  const problem = stdin.fd === undefined ? undefined : openFileProblem(stdin.fd)
  if (problem !== undefined) return refused(`cannot read stdin: ${problem}`, '--file orders.ndjson')
  return { ok: true, lines: linesOf(readChunks(stdin, 'stdin')), progress: unknownProgress }
}

const unknownProgress = () => undefined

const refused = (reason: string, ...hints: string[]): OpenedSource => ({ ok: false, reason, hints })
