import { Command, Flags, type Interfaces } from '@oclif/core'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import { write, writeParts } from '../../ui/text/io.ts'
import { jsonParts, stringifyJson } from '../../ui/text/json.ts'
import { printable } from '../../ui/text/printable.ts'
import type { Config } from '../config/config.ts'
import { lockBus, refusedBy } from '../config/guard.ts'
import type { ChangedPart } from '../config/project-choice.ts'
import { exitCodes, formatFailure, toFailure, UsageError } from '../errors.ts'
import { type BusFlags, type Context, injectedContext } from '../process/context.ts'

/** For what is said when the command has been stopped, too. */
const NEVER = new AbortController().signal

/** What every command has: the context, one way to write, one way to fail. The return value of `run` is its `--json`. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({ description: 'print one JSON document', helpGroup: 'GLOBAL' }),
    quiet: Flags.boolean({ char: 'q', description: 'no notices on stderr', helpGroup: 'GLOBAL' }),
    debug: Flags.boolean({ description: 'show the causes of an error', helpGroup: 'GLOBAL' }),
    'no-color': Flags.boolean({ description: 'no colours (also NO_COLOR)', helpGroup: 'GLOBAL' }),
  }

  /** What was done so far, for the `--json` document of a failure. */
  protected partial: object = {}
  #context: Context | undefined
  #bus: EventBus | undefined
  #stopLogging: (() => void) | undefined
  #hasSaidIgnored = false
  /** Whether the command is often run before there is a bus, so that it does not say that an embedded one is missing. */
  protected readonly mayPrecedeBus: boolean = false
  /** False once `openBus` found that the embedded bus is not there yet, which is said unless `mayPrecedeBus`. */
  protected hasBus = true
  /** Lets changes through to a guarded bus, once they were agreed to. */
  protected unlock = (): void => {}

  protected get context(): Context {
    if (this.#context === undefined) throw new Error('the context is made by init')
    return this.#context
  }

  protected get signal(): AbortSignal {
    return this.context.stop.signal
  }

  protected get isJson(): boolean {
    return this.#has('--json')
  }

  protected get isQuiet(): boolean {
    return this.#has('--quiet') || this.#has('-q')
  }

  override async init(): Promise<void> {
    await super.init()
    const context = injectedContext() ?? (await import('../process/create-context.ts')).createContext()
    this.#context = this.#has('--no-color') ? { ...context, io: { ...context.io, color: false } } : context
  }

  /** Refuses what no command has a meaning for: an empty argument, and a number that JavaScript would round. */
  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv)
    if (parsed.argv.includes('')) throw new UsageError('an argument is empty; is a variable of a script not set?')
    for (const [name, value] of Object.entries(parsed.flags)) {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) continue
      throw new UsageError(`--${name} is too large a number: ${Number.MAX_SAFE_INTEGER} at most`)
    }
    return parsed
  }

  /**
   * Opens the bus that flags, environment and files name; it is closed when the command ends, however it ends. One that
   * a profile guards refuses changes.
   */
  protected async openBus(flags: BusFlags): Promise<EventBus> {
    const config = await this.configOf(flags)
    const { guard } = config
    const logger = await this.#startLogging()
    let missing: string | undefined
    const onMissing = (file: string) => {
      missing = file
    }
    const onTopicCreated = (topic: string, partitions: number) =>
      void this.notice(`created topic ${topic} (${partitions} partitions)`)
    this.#bus = await this.context.openBus(config.bus.value, { onMissing, onTopicCreated, logger })
    this.hasBus = missing === undefined
    if (missing !== undefined && !this.mayPrecedeBus) {
      await this.notice(`there is no bus at ${missing} yet; crbus demo or crbus publish makes it`)
    }
    if (guard === undefined) return this.#bus
    const { bus, unlock } = lockBus(this.#bus, () => refusedBy(guard, config))
    // Nothing that is agreed to opens a read-only one.
    if (guard.kind === 'protected') this.unlock = unlock
    return bus
  }

  /** The logger that `CRBUS_LOG` asks for; it is told of requests to Kafka brokers until the command ends. */
  async #startLogging(): Promise<Logger | undefined> {
    const { logLevel } = this.context
    if (logLevel === undefined) return undefined
    const [{ lineLogger }, { logKafkaRequests }] = await Promise.all([
      import('../process/log-lines.ts'),
      import('../../bus/logger.ts'),
    ])
    const logger = lineLogger(logLevel, this.context)
    this.#stopLogging = logKafkaRequests(logger)
    return logger
  }

  /** What is in force with these flags. A file that was found and is ignored is told of once. */
  protected async configOf(flags: BusFlags): Promise<Config> {
    const config = await this.context.config(flags)
    if (config.ignored !== undefined && !this.#hasSaidIgnored) await this.notice(`note: ${config.ignored}`)
    this.#hasSaidIgnored = true
    return config
  }

  /** Says where a change goes when a project's file chose that, once for each user, file and place. */
  protected async sayProjectChoice(config: Config, part: ChangedPart): Promise<void> {
    if (config.project === undefined || this.isQuiet) return
    const { choiceOfProject } = await import('../config/project-choice.ts')
    const choice = choiceOfProject(config, config.project, part)
    if (choice === undefined) return
    const { isNoted, remember } = await import('../config/project-notes.ts')
    const { stateFolder, now } = this.context
    if (isNoted(stateFolder, choice)) return
    await this.notice(`note: ${choice.what} (said once)`)
    remember(stateFolder, choice, now())
  }

  /** Where the schemas of payloads are, when no flag says so. */
  protected async schemaPlace(flags: BusFlags) {
    const { schemas, topics } = await this.configOf(flags)
    return {
      cwd: this.context.cwd,
      schemas: schemas && { path: schemas.value, mustExist: schemas.mustExist },
      ofTopics: new Map(
        [...topics].flatMap(([topic, { value }]) =>
          value.schema === undefined ? [] : [[topic, value.schema] as const],
        ),
      ),
      onPassedOver: (reason: string) => void this.notice(reason),
    }
  }

  /** Writes a part of the answer. Silent under `--json`, whose answer is what `run` returns. */
  protected async print(text: string | Iterable<string>): Promise<void> {
    if (this.isJson) return
    const parts = typeof text === 'string' ? [text] : text
    const { io, stop } = this.context
    await writeParts(io.stdout, parts, stop.readerLeft, io)
  }

  /** Tells the person something that is not the answer, on one line. */
  protected async notice(text: string): Promise<void> {
    if (!this.isQuiet) await write(this.context.io.stderr, `${printable(text)}\n`, NEVER)
  }

  /** A check found what it looks for. That is an answer and no error, with an exit code of its own for CI. */
  protected foundSomething(): void {
    process.exitCode = exitCodes.found
  }

  override async _run<T>(): Promise<T> {
    let result: T | undefined
    try {
      await this.init()
      result = await this.run()
      if (this.isJson && result !== undefined) {
        await writeParts(this.context.io.stdout, documentParts(result), this.context.stop.readerLeft)
      }
      if (this.context.stop.reason === 'interrupted') process.exitCode = exitCodes.interrupted
    } catch (error) {
      // What breaks because the reader left or Ctrl-C came is not news.
      if (this.#context?.stop.reason === undefined) await this.#fail(error)
      else if (this.#context.stop.reason === 'interrupted') process.exitCode = exitCodes.interrupted
    } finally {
      await this.#bus?.close()
      this.#stopLogging?.()
    }
    return result as T
  }

  async #fail(error: unknown): Promise<void> {
    const failure = toFailure(error)
    process.exitCode = failure.exitCode
    const { stdout, stderr } = this.context.io
    const outcome = error instanceof EventBusError ? error.outcome : undefined
    if (this.isJson) await write(stdout, `${stringifyJson({ ...this.partial, ...outcome, error: failure })}\n`, NEVER)
    else await write(stderr, formatFailure(failure), NEVER)
    if (this.#has('--debug')) await write(stderr, `${formatCauses(error)}\n`, NEVER)
  }

  /** Before the flags are parsed, or when they cannot be, the words themselves are asked. */
  #has(flag: string): boolean {
    const end = this.argv.indexOf('--')
    return (end === -1 ? this.argv : this.argv.slice(0, end)).includes(flag)
  }
}

function* documentParts(result: unknown): Generator<string> {
  yield* jsonParts(result)
  yield '\n'
}

function formatCauses(error: unknown): string {
  const causes: string[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) causes.push(cause.stack ?? cause.message)
  return causes.join('\ncaused by ')
}
