import { Command, Errors, Flags, type Interfaces } from '@oclif/core'
import { EventBusError, eventBusErrorCodes } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import { withSimilarNames } from '../../bus/names/similar-names.ts'
import type { BusIdentity, NamedBus } from '../../operations/bus-identity.ts'
import type { SchemaLocation } from '../../operations/schemas/find.ts'
import type { TimeZone } from '../../ui/text/format-time.ts'
import { write, writeParts } from '../../ui/text/io.ts'
import { documentParts, stringifyJson } from '../../ui/text/json.ts'
import { plural } from '../../ui/text/listed.ts'
import { printable } from '../../ui/text/printable.ts'
import { wrapNotice } from '../../ui/text/wrap.ts'
import type { CommonFlags } from '../common-flags.ts'
import { wantsColor } from '../config/color.ts'
import type { Config } from '../config/config.ts'
import { lockBus, refusedBy } from '../config/guard.ts'
import type { Ask } from '../config/trust/consent.ts'
import type { ChangedPart } from '../config/trust/project-choice.ts'
import { exitCodes, formatFailure, toFailure, UsageError } from '../errors.ts'
import { hasNoAnswer, identityOf, nameBus } from '../named-bus.ts'
import { canPick } from '../pickers/can-pick.ts'
import { type Definitions, hasPicked, isComplete, type Parse, withoutRequired } from '../pickers/pick-request.ts'
import { type Context, injectedContext, type ProducerOptions } from '../process/context.ts'
import { examplesOf, formatCauses, reportingFlags } from '../reporting.ts'
import { schemaLocationOf } from '../schema-location.ts'
import { run } from '../suggestions.ts'
import { checkedArgs, checkedFlags, InvalidValueError } from '../wrong-usage/checked-flags.ts'
import type { FlagDefinitions } from '../wrong-usage/flag-definition.ts'
import { refuseMisplacedSetting } from '../wrong-usage/misplaced-setting.ts'

/** A signal that never aborts, for text that is also written after the command was stopped. */
const NEVER = new AbortController().signal

/**
 * Base class of all commands: holds the context, the parsed flags and the configuration, and reports failures. The value
 * that `run` returns is the `--json` document.
 */
export abstract class BaseCommand extends Command {
  /** The schema of the `--json` document: a file of `src/documents`, without `.schema.json`. */
  static document: string

  /** Names of arguments or flags that the user picks from a list if they are missing, though oclif does not require them. */
  static picked: readonly string[] = []

  static override baseFlags = {
    json: Flags.boolean({ description: 'Print one JSON document', helpGroup: 'GLOBAL' }),
    quiet: Flags.boolean({ char: 'q', description: 'Print no notices on stderr', helpGroup: 'GLOBAL' }),
    debug: Flags.boolean({ description: 'Show the causes of an error', helpGroup: 'GLOBAL' }),
    'no-color': Flags.boolean({ description: 'Print without colors (also NO_COLOR)', helpGroup: 'GLOBAL' }),
  }

  /** The parsed flags. Until `parse` succeeds, only `--json` and `--debug`, which decide how a failure is reported. */
  protected given: CommonFlags = {}
  /** What was done so far, for the `--json` document of a failure. */
  protected partial: object = {}
  #context: Context | undefined
  #config: Promise<Config> | undefined
  #bus: EventBus | undefined
  #identity: BusIdentity | undefined
  /** Whether a request failed because the bus did not answer. If so, it is asked nothing more. */
  #isUnreachable = false
  #stopLogging: (() => void) | undefined
  /** Whether the command is often run before the bus exists. If so, a missing embedded bus is not reported. */
  protected readonly mayPrecedeBus: boolean = false
  /** Whether the answer of the command names its bus, so that `openBus` need not. */
  protected readonly namesBus: boolean = false
  /** How `openBus` opens a bus on Kafka for publishing. Default: the options of the driver. */
  protected producerOptions: ProducerOptions = {}
  /** False once `openBus` found that the file of the embedded bus does not exist yet. */
  protected busExists = true
  /** Makes a protected bus accept changes. Called after the user has confirmed them. Does nothing for a bus without a guard. */
  protected unlock = (): void => {}

  protected get context(): Context {
    if (this.#context === undefined) throw new Error('init has not created the context yet')
    return this.#context
  }

  protected get signal(): AbortSignal {
    return this.context.stop.signal
  }

  /** The definitions of the flags of the command by their names. */
  protected get ownFlags(): FlagDefinitions {
    return { ...this.ctor.baseFlags, ...this.ctor.flags } as FlagDefinitions
  }

  protected get isJson(): boolean {
    return this.given.json ?? false
  }

  protected get isQuiet(): boolean {
    return this.given.quiet ?? false
  }

  /** The zone in which text shows times. */
  protected get timeZone(): TimeZone {
    return this.given.utc ? 'utc' : 'local'
  }

  /** The terminal cells that a table may take; `undefined` with `--wide` and without a terminal, where no cell is shortened. */
  protected get tableWidth(): number | undefined {
    const { stdout } = this.context.io
    return this.given.wide || !stdout.isTTY ? undefined : stdout.columns
  }

  override async init(): Promise<void> {
    await super.init()
    this.given = reportingFlags(this.argv)
    this.#context = injectedContext() ?? (await import('../process/create-context.ts')).createContext()
  }

  /** Parses the flags. Refuses an empty argument and a number that JavaScript would round, in every command. */
  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const flags = { ...options?.baseFlags, ...options?.flags }
    const definitions = { args: options?.args ?? {}, flags }
    const args = checkedArgs(definitions.args)
    const input = { ...options, strict: options?.strict, args, flags: checkedFlags(flags) } as Interfaces.Input<F, B, A>
    const parse: Parse = (words, isRelaxed) => super.parse(isRelaxed ? withoutRequired(input) : input, [...words])
    const words = await this.#withPicked(definitions, argv ?? this.argv, parse)
    const parsed = await super.parse(input, words).catch(async (error: unknown) => {
      const isOfParser = error instanceof Errors.CLIError || error instanceof InvalidValueError
      if (!isOfParser || error instanceof Errors.ExitError) throw error
      await this.#refuseMissing(definitions, words, parse)
      const { parserError } = await import('../wrong-usage/parser-errors.ts')
      throw parserError(error, {
        name: String(this.id).replaceAll(':', ' '),
        argv: words,
        flags: flags as FlagDefinitions,
        examples: examplesOf(this.ctor),
      })
    })
    if (!hasPicked(parsed, this.#picked)) await this.#refuseMissing(definitions, words, parse)
    this.given = parsed.flags as CommonFlags
    if (this.given['no-color']) this.#setColor(false)
    if (parsed.argv.some((word) => String(word).trim() === ''))
      throw new UsageError('an argument is empty; did a script pass a variable that is not set?', [
        run(`crbus ${String(this.id).replaceAll(':', ' ')} --help`),
      ])
    refuseMisplacedSetting(parsed.argv.map(String), words)
    for (const [name, value] of Object.entries(parsed.flags)) {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) continue
      throw new UsageError(`--${name} is too large: the largest number is ${Number.MAX_SAFE_INTEGER}`)
    }
    return parsed
  }

  /** Lets the user pick the values that a command line lacks, on a terminal. Returns the words of the complete command line. */
  async #withPicked(definitions: Definitions, argv: string[], parse: Parse): Promise<string[]> {
    if (!canPick(this.context, argv) || (await isComplete(parse(argv, false), this.#picked))) return argv
    const { pickMissing } = await import('../pickers/pick-missing.ts')
    return pickMissing({
      ...this.#lineRequest(definitions, argv, parse),
      createsTopic: this.mayPrecedeBus,
      select: (flags) => Object.assign(this, { given: flags }),
      connect: () => BaseCommand.prototype.openBus.call(this),
      config: () => this.configuration(),
    })
  }

  /** Throws the error with the names that there are, if the command line lacks one. */
  async #refuseMissing(definitions: Definitions, argv: string[], parse: Parse): Promise<void> {
    const { missingError } = await import('../pickers/missing-error.ts')
    const error = await missingError({
      ...this.#lineRequest(definitions, argv, parse),
      examples: examplesOf(this.ctor),
    })
    if (error !== undefined) throw error
  }

  get #picked(): readonly string[] {
    return (this.ctor as typeof BaseCommand).picked
  }

  #lineRequest(definitions: Definitions, argv: string[], parse: Parse) {
    return { id: String(this.id), argv, ...definitions, picked: this.#picked, parse, context: this.context }
  }

  /**
   * Returns the settings in force. The first call resolves them, prints a notice about a configuration file that is ignored, and
   * turns the colors of the context on or off, as the profile says.
   */
  protected configuration(): Promise<Config> {
    this.#config ??= this.#resolveConfiguration()
    return this.#config
  }

  async #resolveConfiguration(): Promise<Config> {
    const config = await this.context.config(this.given)
    if (config.ignored !== undefined) await this.notice(`note: ${config.ignored}`)
    this.#setColor(wantsColor(config.color?.value, this.context.io.color))
    return config
  }

  #setColor(color: boolean): void {
    this.#context = { ...this.context, io: { ...this.context.io, color } }
  }

  /**
   * Opens the bus that the configuration names. `_run` closes it when the command ends, also after a failure. If a profile
   * guards the bus (`readOnly` or `protected` in crbus.json), the bus refuses changes.
   */
  protected async openBus(): Promise<EventBus> {
    // A picker may have opened it.
    if (this.#bus !== undefined) return this.#bus
    const config = await this.configuration()
    const { guard, consent } = config
    if (consent !== undefined && consent.bus.length > 0) await this.requireConsent(consent.bus)
    await this.warnOfSecurity()
    if (!this.namesBus) await this.#showBus(config)
    const logger = await this.#startLogging()
    let missing: string | undefined
    const onMissing = (file: string) => {
      missing = file
    }
    const onTopicCreated = (topic: string, partitions: number) =>
      void this.notice(`created topic ${topic} (${plural(partitions, 'partition')})`)
    this.#bus = await this.context.openBus(config.bus.value, {
      ...this.producerOptions,
      ...{ onMissing, onTopicCreated, logger },
    })
    this.busExists = missing === undefined
    if (missing !== undefined && !this.mayPrecedeBus) {
      await this.notice(`the bus ${missing} does not exist yet; "crbus publish" creates it`)
    }
    if (guard === undefined) return this.#bus
    const { bus, unlock } = lockBus(this.#bus, () => refusedBy(guard, config))
    this.#bus = bus
    // A read-only profile cannot be unlocked by confirmation.
    if (guard.kind === 'protected') this.unlock = unlock
    return bus
  }

  /** Names the bus that the command has opened, with the id of its cluster. `undefined` if the command has opened none. */
  protected async namedBus(): Promise<NamedBus | undefined> {
    if (this.#bus === undefined) return undefined
    const named = nameBus(await this.configuration())
    if (this.#isUnreachable) return { ...named, ...this.#identity }
    this.#identity ??= await identityOf(this.#bus)
    return { ...named, ...this.#identity }
  }

  /** On a terminal, names the bus in one line, so that a user with several profiles sees where an answer is from. */
  async #showBus(config: Config): Promise<void> {
    const { stdout, stderr, color } = this.context.io
    if (!stdout.isTTY || this.isJson || this.isQuiet) return
    const { formatBus } = await import('../../ui/profiles/format-bus.ts')
    const bus = formatBus(nameBus(config), color)
    if (bus !== undefined) await write(stderr, `on ${bus}\n`, NEVER, { color })
  }

  /** Throws `RefusedError` unless the user has consented to what the project's file asks for, of which `asks` is needed now. */
  protected async requireConsent(asks: readonly Ask[]): Promise<void> {
    const { consent } = await this.configuration()
    if (consent === undefined) return
    const { refuseWithoutConsent } = await import('../config/trust/given-consent.ts')
    refuseWithoutConsent(consent, asks, this.context.stateFolder)
  }

  /** Prints warnings about the security of the connection: certificates that are not verified, and secrets that others can read. */
  protected async warnOfSecurity(): Promise<void> {
    const config = await this.configuration()
    const { bus } = config
    if (bus.value.kind !== 'kafka' || bus.value.security === undefined) return
    const { securityWarnings } = await import('../config/security/warnings.ts')
    for (const text of securityWarnings(bus.value.security, config)) {
      await write(this.context.io.stderr, `${printable(`warning: ${text}`)}\n`, NEVER)
    }
  }

  /** Creates the logger that `CRBUS_LOG` asks for, if it is set. It also logs requests to Kafka brokers until the command ends. */
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

  /** Prints a notice with the target of a change if the project's crbus.json sets it. A user sees the same notice only once. */
  protected async noteProjectChoice(part: ChangedPart): Promise<void> {
    const config = await this.configuration()
    if (config.project === undefined || this.isQuiet) return
    const { choiceOfProject } = await import('../config/trust/project-choice.ts')
    const choice = choiceOfProject(config, config.project, part)
    if (choice === undefined) return
    const { isNoted, remember } = await import('../config/trust/project-notes.ts')
    const { stateFolder, now } = this.context
    if (isNoted(stateFolder, choice)) return
    await this.notice(`note: ${choice.what} (shown once)`)
    remember(stateFolder, choice, now())
  }

  /** Returns where to find the schemas of payloads if `--schema` is not given. */
  protected async schemaLocation(): Promise<SchemaLocation> {
    const onIgnored = (reason: string) => void this.notice(`${reason}; the file is ignored`)
    return schemaLocationOf(await this.configuration(), this.context.cwd, onIgnored)
  }

  /** Writes part of the answer to stdout. With `--json`, prints nothing: `_run` then prints the value that `run` returns. */
  protected async print(text: string | Iterable<string>): Promise<void> {
    if (this.isJson) return
    const parts = typeof text === 'string' ? [text] : text
    const { io, stop } = this.context
    await writeParts(io.stdout, parts, stop.readerLeft, io)
  }

  /** Writes a notice to stderr that is not part of the answer: one line, wrapped on a terminal. Prints nothing with `--quiet`. */
  protected async notice(text: string): Promise<void> {
    if (this.isQuiet) return
    const { stderr } = this.context.io
    const line = printable(text)
    // Some terminals report 0 columns.
    const shown = stderr.isTTY && stderr.columns ? wrapNotice(line, stderr.columns) : line
    await write(stderr, `${shown}\n`, NEVER)
  }

  /**
   * Returns why a list of topics or groups is empty: the user may not see any, or `otherwise`. Brokers leave out names that the
   * user may not describe, so that an empty list looks like an empty bus.
   */
  protected async whyEmpty(bus: EventBus, kind: 'topic' | 'group', otherwise: string): Promise<string> {
    const { hidesNames } = await import('../../operations/cluster/inspect-cluster.ts')
    if (!(await hidesNames(bus))) return otherwise
    return `no ${kind}s are visible: brokers hide what this user may not describe; ask for the ACL Describe on the ${kind}s: "crbus acls allow USER --${kind} NAME --operation describe"`
  }

  /** Sets exit code 10: the command worked, and what it checked has a problem. CI can tell that from a failure to check. */
  protected foundSomething(): void {
    process.exitCode = exitCodes.found
  }

  /** Sets exit code 3: the bus cannot be reached, or refused the login. What was found until then was printed. */
  protected couldNotConnect(): void {
    process.exitCode = eventBusErrorCodes.CONNECTION_FAILED
  }

  override async _run<T>(): Promise<T> {
    let result: T | undefined
    try {
      await this.init()
      result = await this.run()
      if (this.isJson && result !== undefined) {
        const bus = await this.namedBus()
        const document = bus === undefined ? result : { ...result, bus }
        await writeParts(this.context.io.stdout, documentParts(document), this.context.stop.readerLeft)
      }
      if (this.context.stop.reason === 'interrupted') process.exitCode = exitCodes.interrupted
    } catch (error) {
      // A failure that Ctrl-C or a closed pipe caused is not reported.
      if (this.#context?.stop.reason === undefined) await this.#fail(error)
      else if (this.#context.stop.reason === 'interrupted') process.exitCode = exitCodes.interrupted
    } finally {
      await this.#bus?.close()
      this.#stopLogging?.()
    }
    return result as T
  }

  /** Adds the similar names of the bus to the error for a missing topic or group. Returns other errors unchanged. */
  protected async withNames(error: unknown): Promise<unknown> {
    if (!(error instanceof EventBusError) || this.#bus === undefined) return error
    if (hasNoAnswer(error)) this.#isUnreachable = true
    return withSimilarNames(error, this.#bus.admin)
  }

  async #fail(thrown: unknown): Promise<void> {
    const error = await this.withNames(thrown)
    const failure = toFailure(error, this.given, this.ownFlags)
    process.exitCode = failure.exitCode
    const { stdout, stderr } = this.context.io
    const outcome = error instanceof EventBusError ? error.outcome : undefined
    const bus = this.#bus && nameBus(await this.configuration())
    const document = { ...this.partial, ...outcome, ...(bus && { bus: { ...bus, ...this.#identity } }), error: failure }
    if (this.isJson) await write(stdout, `${stringifyJson(document)}\n`, NEVER)
    else await write(stderr, formatFailure(failure), NEVER)
    if (this.given.debug) await write(stderr, `${formatCauses(error)}\n`, NEVER)
  }
}
