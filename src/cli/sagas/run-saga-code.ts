import { join } from 'node:path'
import { encodeStream, type ReplayAnswer, type ReplayRequest } from '../../operations/sagas/replay/replay-protocol.ts'
import type { ReplayedSaga } from '../../operations/sagas/replay/replay-saga.ts'
import type { StoredEvent } from '../../store/event-store.ts'
import { withoutSecrets } from '../config/security/secrets/secret-variables.ts'
import { RefusedError, UsageError } from '../errors.ts'
import { hint } from '../suggestions.ts'
import type { SagaCode } from './saga-code.ts'

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** The folder of the package crbus. */
  readonly root: string
  /** Milliseconds. */
  readonly timeout: number
}

/** The largest answer: a saga with thousands of events and a large state. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const MAX_HEAP_MB = 512
/** How long a process may take to end after it was told to. */
const END_MS = 1000
/** How much of the end of stderr an error message has. */
const MAX_STDERR = 400

/**
 * Reduces a stream with the code of a service, in a process that ends after a time limit. The code gets the environment without the
 * secrets of connections. Throws `RefusedError` if the code does not answer, and `UsageError` if it is not that of the saga.
 */
export async function runSagaCode(
  code: SagaCode,
  saga: string,
  stream: readonly StoredEvent[],
  { env, signal, root, timeout }: Surroundings,
): Promise<ReplayedSaga> {
  if (process.getBuiltinModule('node:sea')?.isSea()) {
    throw new RefusedError('the executable of crbus has no Node to run the code of a service; crbus from npm has', [
      hint('npm install --global crbus'),
    ])
  }
  const request: ReplayRequest = { saga, file: code.file, name: code.name, stream: encodeStream(stream) }
  const { execa } = await import('execa')
  // Releases of Node before 22.18 read TypeScript only with the flag.
  const flags = ['--experimental-strip-types', '--no-warnings', `--max-old-space-size=${MAX_HEAP_MB}`]
  const child = await execa(process.execPath, [...flags, ...program(root)], {
    ...{ cwd: code.folder, env: withoutSecrets(env), extendEnv: false, cancelSignal: signal },
    ...{ input: JSON.stringify(request), stdio: ['pipe', 'ignore', 'pipe', 'pipe'] as const },
    ...{ timeout, forceKillAfterDelay: END_MS, reject: false, maxBuffer: MAX_ANSWER_BYTES },
  })
  if (child.timedOut) {
    throw new RefusedError(`${code.shown} did not reduce the events within ${timeout / 1000}s, so it was stopped`)
  }
  const answer = child.stdio[3] as string | undefined
  if (child.failed || answer === undefined || answer === '') {
    const ended =
      child.exitCode === undefined
        ? `was ended by ${child.signal ?? 'the system'}`
        : `ended with exit code ${child.exitCode}`
    const said = String(child.stderr ?? '')
      .trim()
      .slice(-MAX_STDERR)
    throw new RefusedError(`${code.shown} ${ended} before it had reduced the events${said === '' ? '' : `: ${said}`}`)
  }
  const read = JSON.parse(answer) as ReplayAnswer
  if (!read.ok)
    throw new UsageError(read.reason, [
      hint('--code names a file of the service and its export, such as src/checkout/saga.ts#checkoutSaga'),
    ])
  return read.replayed
}

/** Returns the arguments of Node that start `answerReplay`. In a checkout, Node runs its source. */
function program(root: string): readonly string[] {
  if (!import.meta.url.endsWith('.ts')) return [join(root, 'bin/crbus.js'), '__replay-saga']
  const source = JSON.stringify(new URL('replay-child.ts', import.meta.url).href)
  return ['--input-type=module', '--eval', `(await import(${source})).answerReplay()`]
}
