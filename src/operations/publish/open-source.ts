import { resolve } from 'node:path'
import type { Hint } from '../../bus/hints.ts'
import { operationHints } from '../hints.ts'
import type { DataTemplate } from './data-template.ts'
import { type InputLine, linesOf } from './lines.ts'
import { openFile, type Progress, readChunks, repeatedLines, stdinProblem } from './source.ts'

/** What to publish: `tombstone`, else `data`, else `file`, else stdin. */
export interface SourceRequest {
  readonly topic: string
  /** The template of the data of each event. */
  readonly data?: DataTemplate | undefined
  /** A file of lines; `-` is stdin. */
  readonly file?: string | undefined
  /** Whether to publish one record without a value, with the key `key`. */
  readonly tombstone: boolean
  readonly key?: string | undefined
  /** Number of events to create from `data`. Default: 1. */
  readonly count?: number | undefined
  /** Maximum number of events per second. */
  readonly rate?: number | undefined
}

/** The stdin and working directory of the process. */
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

/** Number of events to create from a template at a time, without a rate. */
const BATCH_EVENTS = 1000
/** With a rate, the number of batches to create per second: many, so that `{{now}}` is close to the time of publishing. */
const BATCHES_PER_SECOND = 20

/** Opens the lines to publish: events from a template, a tombstone, a file, or stdin. */
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
  const size = rate === undefined ? BATCH_EVENTS : Math.max(1, Math.floor(rate / BATCHES_PER_SECOND))
  const lines = repeatedLines(render, count, size)
  return { ok: true, lines, progress: (published) => published / count }
}

function openStdin({ topic, file }: SourceRequest, { stdin }: SourceSurroundings): OpenedSource {
  if (file === undefined && stdin.isTTY) {
    return refused('nothing to publish', operationHints.publishOne(topic), operationHints.pipeLines())
  }
  const problem = stdin.fd === undefined ? undefined : stdinProblem(stdin.fd)
  if (problem !== undefined) return refused(`cannot read stdin: ${problem}`, operationHints.nameInputFile())
  return { ok: true, lines: linesOf(readChunks(stdin, 'stdin')), progress: unknownProgress }
}

/** The progress of input whose length is not known. */
const unknownProgress = () => undefined

const refused = (reason: string, ...hints: Hint[]): OpenedSource => ({ ok: false, reason, hints })
