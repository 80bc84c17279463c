import { resolve } from 'node:path'
import type { Hint } from '../../bus/hints.ts'
import { operationHints } from '../hints.ts'
import type { DataTemplate } from './data-template.ts'
import { type InputLine, linesOf } from './lines.ts'
import { openFile, openFileProblem, type Progress, readChunks, repeatedLines } from './source.ts'

/** What the user chose to publish. */
export interface SourceRequest {
  readonly topic: string
  /** Renders the data of each event. */
  readonly data?: DataTemplate | undefined
  /** A file of lines; `-` is stdin. */
  readonly file?: string | undefined
  /** Publish a record without a value for `key`. */
  readonly tombstone: boolean
  readonly key?: string | undefined
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
}

export type OpenedSource =
  | { readonly ok: true; readonly lines: AsyncIterable<readonly InputLine[]>; readonly progress: Progress }
  | { readonly ok: false; readonly reason: string; readonly hints: readonly Hint[] }

/** Events made from a template without a rate: how many are made and sent at a time. */
const MAX_BATCH_EVENTS = 1000
/** With a rate, a batch is made this many times per second, so that `{{now}}` is close to the time of publishing. */
const BATCHES_PER_SECOND = 20

/** Opens what is published: one event or many made from a template, a tombstone, a file, or stdin. */
export async function openSource(request: SourceRequest, surroundings: SourceSurroundings): Promise<OpenedSource> {
  const { data, file, tombstone, key } = request
  if (tombstone) {
    const lines = repeatedLines(() => JSON.stringify({ tombstone: true, key }), 1, 1)
    return { ok: true, lines, progress: unknownProgress }
  }
  if (data !== undefined) return openData(data, request)
  if (file === undefined || file === '-') return openStdin(request, surroundings)
  const opened = await openFile(resolve(surroundings.cwd, file))
  if (!opened.ok) return refused(opened.reason, operationHints.nameInputFile())
  return { ok: true, lines: linesOf(opened.chunks), progress: opened.progress }
}

function openData(render: DataTemplate, { count = 1, rate }: SourceRequest): OpenedSource {
  const size = rate === undefined ? MAX_BATCH_EVENTS : Math.max(1, Math.floor(rate / BATCHES_PER_SECOND))
  const lines = repeatedLines(render, count, size)
  return { ok: true, lines, progress: (published) => published / count }
}

function openStdin({ topic, file }: SourceRequest, { stdin }: SourceSurroundings): OpenedSource {
  if (file === undefined && stdin.isTTY) {
    return refused('nothing to publish', operationHints.publishOne(topic), operationHints.pipeLines())
  }
  const problem = stdin.fd === undefined ? undefined : openFileProblem(stdin.fd)
  if (problem !== undefined) return refused(`cannot read stdin: ${problem}`, operationHints.nameInputFile())
  return { ok: true, lines: linesOf(readChunks(stdin, 'stdin')), progress: unknownProgress }
}

const unknownProgress = () => undefined

const refused = (reason: string, ...hints: Hint[]): OpenedSource => ({ ok: false, reason, hints })
