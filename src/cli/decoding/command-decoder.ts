import { once } from 'node:events'
import type { BusRecord } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { decodeRequest, readDecodeAnswer } from '../../operations/events/command-protocol.ts'
import type { DecodedValue, ValueDecoder } from '../../operations/events/value-decoder.ts'
import type { ConfigSurroundings } from '../config/config.ts'
import { hasShellSyntax } from '../config/security/secrets/command-secret.ts'
import { parseSecret } from '../config/security/secrets/secret.ts'
import { withoutSecrets } from '../config/security/secrets/secret-variables.ts'
import { RefusedError, UsageError } from '../errors.ts'
import { whyNotStarted } from '../process/why-not-started.ts'
import { flag, hint } from '../suggestions.ts'

interface Surroundings {
  readonly env: ConfigSurroundings['env']
  readonly cwd: string
  readonly signal: AbortSignal
  readonly onNotice: (text: string) => void
  /** How long to wait for an answer before a notice says so, in milliseconds. Default: {@link PATIENCE_MS}. */
  readonly patience?: number | undefined
}

/** A decoder that runs until it is disposed of. */
export interface CommandDecoder extends ValueDecoder, AsyncDisposable {}

/** The longest line that a command may print. A record has 1 MB by default, and its JSON a few times as much. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
/** How much of the end of stderr is kept for the error message. */
const MAX_STDERR_BYTES = 4096
/** A program that does not flush its output would be waited for without a word. */
const PATIENCE_MS = 5000
/** How long a program may take to end after its input has ended. */
const END_MS = 1000
const LINE_FEED = 0x0a
const EXAMPLE_REQUEST = '{"topic":"orders","partition":0,"offset":1,"key_base64":null,"value_base64":"AAE="}'

/**
 * Starts the program of a command line, which decodes records until the end of its input. No shell interprets the line; quotes keep spaces.
 * Throws `UsageError` if there is no such program.
 */
export async function startCommandDecoder(command: string, surroundings: Surroundings): Promise<CommandDecoder> {
  const { cwd, env } = surroundings
  const parsed = parseSecret(`cmd:${command}`, cwd)
  if (!('secret' in parsed) || parsed.secret.kind !== 'command')
    throw new UsageError('--decode-with names no program', [flag("--decode-with './decode.py --schema orders'")])
  const [program, ...args] = parsed.secret.words
  const { execa } = await import('execa')
  const child = execa(program, args, {
    ...{ cwd, env: withoutSecrets(env), extendEnv: false },
    ...{ stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', encoding: 'buffer', buffer: false },
    ...{ reject: false, forceKillAfterDelay: END_MS },
  })
  const { stdin, stdout, stderr } = child
  // A program that ends early closes the pipe. The answers that are missing are reported instead.
  stdin.on('error', () => {})
  return new RunningDecoder([program, ...args], surroundings, {
    ...{ stdin, stdout, stderr },
    ended: child,
    kill: () => void child.kill(),
  })
}

/** The part of a running program that is used. */
interface Running {
  readonly stdin: NodeJS.WritableStream & { readonly destroyed: boolean }
  readonly stdout: NodeJS.ReadableStream
  readonly stderr: NodeJS.ReadableStream
  readonly ended: Promise<{
    readonly exitCode?: number | undefined
    readonly signal?: string | undefined
    readonly code?: string | undefined
  }>
  readonly kill: () => void
}

/** A record that was sent to the program, and the call that waits for its answer. */
interface Asked {
  readonly record: BusRecord
  readonly answered: () => void
}

/**
 * Sends a line of JSON for each record and reads a line of JSON for each, in order. Calls of `prepare` may overlap. The answers are kept
 * as long as their records.
 */
class RunningDecoder implements CommandDecoder {
  readonly decodesEvents = true
  readonly #program: string
  readonly #args: readonly string[]
  readonly #surroundings: Surroundings
  readonly #running: Running
  readonly #answers = new WeakMap<BusRecord, DecodedValue>()
  readonly #asked: Asked[] = []
  #answerCount = 0
  /** The parts of the line that is not complete yet. */
  #parts: Buffer[] = []
  #partBytes = 0
  #stderrEnd = Buffer.alloc(0)
  #isImpatient = false
  /** What is wrong with the output of the program, until it is thrown. */
  #problem: Error | undefined
  /** Rejects when the program fails. */
  readonly #failed = Promise.withResolvers<never>()
  /** Resolves when the program has ended. */
  readonly #ended: Promise<void>
  readonly #stopped = Promise.withResolvers<void>()

  constructor([program, ...args]: readonly [string, ...string[]], surroundings: Surroundings, running: Running) {
    this.#program = program
    this.#args = args
    this.#surroundings = surroundings
    this.#running = running
    // A failure while no call waits is thrown by the next call.
    this.#failed.promise.catch(() => {})
    running.stdout.on('data', (bytes: Buffer) => this.#read(bytes))
    running.stderr.on('data', (bytes: Buffer) => {
      this.#stderrEnd = Buffer.concat([this.#stderrEnd, bytes]).subarray(-MAX_STDERR_BYTES)
    })
    this.#ended = running.ended.then((result) => this.#failed.reject(this.#endError(result)))
    const stop = () => {
      this.#stopped.resolve()
      running.kill()
    }
    surroundings.signal.addEventListener('abort', stop, { once: true })
    if (surroundings.signal.aborted) stop()
  }

  async prepare(records: readonly BusRecord[]): Promise<void> {
    const { signal } = this.#surroundings
    const { stdin } = this.#running
    const open = new AbortController()
    const gone = Promise.race([this.#failed.promise, this.#stopped.promise])
    gone.catch(() => {})
    const all: Promise<void>[] = []
    void this.#waitImpatiently(open.signal)
    try {
      for (const record of records) {
        if (record.value === null || signal.aborted) continue
        all.push(new Promise((resolve) => this.#asked.push({ record, answered: resolve })))
        if (!stdin.write(`${decodeRequest(record)}\n`))
          await Promise.race([once(stdin, 'drain', { signal: open.signal }).catch(() => {}), gone])
      }
      await Promise.race([Promise.all(all), gone])
      this.#throwProblem()
    } catch (error) {
      this.#problem = undefined
      throw error
    } finally {
      open.abort()
    }
  }

  decode(record: BusRecord): DecodedValue | undefined {
    return this.#answers.get(record)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { stdin, kill } = this.#running
    stdin.end()
    const open = new AbortController()
    await Promise.race([this.#ended, sleep(END_MS, open.signal).then(kill)])
    open.abort()
    await this.#ended
    this.#throwProblem()
  }

  /** Throws what is wrong with the output, once. Lines beyond those that were asked for may arrive after the last answer. */
  #throwProblem(): void {
    const problem = this.#problem
    this.#problem = undefined
    if (problem !== undefined) throw problem
  }

  #read(bytes: Buffer): void {
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      const line = Buffer.concat([...this.#parts, bytes.subarray(start, end)])
      this.#parts = []
      this.#partBytes = 0
      start = end + 1
      this.#answer(line)
    }
    const rest = bytes.subarray(start)
    this.#parts.push(rest)
    this.#partBytes += rest.length
    if (this.#partBytes > MAX_LINE_BYTES) this.#fail(`printed a line of more than ${MAX_LINE_BYTES / 2 ** 20} MiB`)
  }

  #answer(line: Buffer): void {
    const asked = this.#asked.shift()
    if (asked === undefined) {
      this.#fail('printed more lines than it was given; it must print one line of JSON for each')
      return
    }
    this.#answerCount += 1
    const answer = readDecodeAnswer(line)
    if (answer === undefined) {
      this.#fail(
        `printed a line that is not JSON (line ${this.#answerCount}); it must print one line of JSON for each record`,
      )
      return
    }
    if (answer !== null) this.#answers.set(asked.record, answer)
    asked.answered()
  }

  /** Ends the program, and fails the calls that wait. */
  #fail(problem: string): void {
    this.#problem = this.#error(problem)
    this.#failed.reject(this.#problem)
    this.#running.stdout.removeAllListeners('data').resume()
    this.#running.kill()
  }

  #endError({ exitCode, signal, code }: Awaited<Running['ended']>): Error {
    const problem = whyNotStarted(this.#program, { code })
    if (problem !== undefined) {
      const advice = hint('write its path; crbus searches the folders of PATH, and does not expand ~')
      return new UsageError(`--decode-with: ${problem}`, code === 'ENOENT' ? [advice] : [])
    }
    const how =
      exitCode === undefined ? `was ended by ${signal ?? code ?? 'the system'}` : `ended with exit code ${exitCode}`
    return this.#error(`${how} after ${this.#answerCount} ${this.#answerCount === 1 ? 'record' : 'records'}`)
  }

  #error(problem: string): Error {
    const said = this.#stderrEnd.toString('utf8').trimEnd().split('\n').at(-1) ?? ''
    return new RefusedError(`--decode-with: '${this.#program}' ${problem}${said === '' ? '' : `: ${said}`}`, [
      hasShellSyntax(this.#args)
        ? hint(`no shell interprets the command; for pipes and variables, write: --decode-with "sh -c '…'"`)
        : hint(`try the command by hand with a line such as ${EXAMPLE_REQUEST}`),
    ])
  }

  /** Says once that the program has not answered for a while. */
  async #waitImpatiently(signal: AbortSignal): Promise<void> {
    const { patience = PATIENCE_MS, onNotice } = this.#surroundings
    if (this.#isImpatient) return
    await sleep(patience, signal)
    if (signal.aborted || this.#isImpatient || this.#asked.length === 0) return
    this.#isImpatient = true
    onNotice(`waiting for '${this.#program}' to answer; it must write each line at once, without a buffer`)
  }
}
