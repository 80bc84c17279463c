import { readFileSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { decodeStream, type ReplayAnswer, type ReplayRequest } from '../../operations/sagas/replay/replay-protocol.ts'
import { replaySaga, whyNotSaga } from '../../operations/sagas/replay/replay-saga.ts'

/** The file descriptor of the answer, because the code may print to stdout. */
const ANSWER = 3

/**
 * Runs the code of a saga in a process of its own, which crbus ends after a time limit: a stranger's code may loop or crash. Reads a
 * request from stdin, writes the answer and exits, because the code may have started timers or opened connections.
 */
export async function answerReplay(): Promise<never> {
  const answer = Buffer.from(JSON.stringify(await replay(JSON.parse(readFileSync(0, 'utf8')))))
  for (let written = 0; written < answer.length; ) written += writeSync(ANSWER, answer, written)
  process.exit(0)
}

async function replay({ saga, file, name, stream }: ReplayRequest): Promise<ReplayAnswer> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    return { ok: false, reason: `${file} cannot be loaded: ${(error as Error | null)?.message ?? error}` }
  }
  if (!Object.hasOwn(module, name)) {
    return { ok: false, reason: `${file} does not export '${name}'; it exports ${Object.keys(module).join(', ')}` }
  }
  const value = module[name]
  const why = whyNotSaga(value, saga)
  if (why !== undefined) return { ok: false, reason: `${name} of ${file} ${why}` }
  return { ok: true, replayed: replaySaga(value as Parameters<typeof replaySaga>[0], decodeStream(stream)) }
}
