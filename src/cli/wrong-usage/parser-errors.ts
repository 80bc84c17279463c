import { namesLike } from '../../bus/names/names-like.ts'
import { UsageError } from '../errors.ts'
import { hideArguments } from '../process/hide-arguments.ts'
import { flag, hint, run, type Suggestion, shellWord } from '../suggestions.ts'
import { InvalidValueError } from './checked-flags.ts'
import { type FlagDefinition, type FlagDefinitions, withPlaceholder } from './flag-definition.ts'
import { suggestOwnFlag } from './flags-of-other-tools.ts'
import { findMisplacedValue } from './misplaced-values.ts'

/** The command whose command line does not parse. */
export interface ParsedCommand {
  /** The words of the command: `topics describe`. */
  readonly name: string
  readonly argv: readonly string[]
  readonly flags: FlagDefinitions
  /** The examples of the help. */
  readonly examples: readonly string[]
}

/** The fields of oclif's errors. Each class has some of them, and oclif does not export the classes. */
interface ParserErrorFields {
  /** The names of flags that do not exist. */
  readonly flags?: readonly string[]
  /** Definitions of the arguments that are missing, or the arguments that are too many. */
  readonly args?: readonly (string | { readonly name: string; readonly description?: string })[]
  readonly parse?: {
    readonly output?: {
      readonly flags: Readonly<Record<string, unknown>>
      readonly metadata?: { readonly flags?: Readonly<Record<string, { readonly setFromDefault?: boolean }>> }
    }
  }
}

interface Problem {
  readonly message: string
  readonly suggestions: readonly Suggestion[]
}

/** How many unknown flags get suggestions, and how many flags are suggested for one. */
const MAX_FLAGS = 3

/** Converts an error of oclif's parser to a usage error that says what to type. Secrets of the command line are left out. */
export function parserError(error: Error, command: ParsedCommand): UsageError {
  if (error instanceof InvalidValueError && error.cause instanceof UsageError) {
    return new UsageError(`--${error.flag}: ${error.cause.message}`, error.cause.suggestions)
  }
  const { message, suggestions } = describe(error, command)
  const hidden = (text: string) => hideArguments(text, command.argv)
  return new UsageError(
    hidden(message),
    suggestions.map((suggestion) => {
      if ('run' in suggestion) return { ...suggestion, run: hidden(suggestion.run) }
      return 'flag' in suggestion ? { ...suggestion, flag: hidden(suggestion.flag) } : suggestion
    }),
  )
}

function describe(error: Error, command: ParsedCommand): Problem {
  if (error instanceof InvalidValueError) return invalidValue(error, command)
  const { flags, args, parse } = error as ParserErrorFields
  if (flags !== undefined) return unknownFlags(flags, command)
  if (args !== undefined) {
    const words = args.filter((arg) => typeof arg === 'string')
    return words.length > 0
      ? unexpectedArguments(words, command)
      : missingArguments(args as Exclude<(typeof args)[number], string>[], command)
  }
  const misplaced = parse?.output === undefined ? misplacedValue(command) : undefined
  const violated = parse?.output === undefined ? undefined : violatedRule(parse.output, command)
  return misplaced ?? violated ?? { message: 'the command line is invalid', suggestions: [help(command)] }
}

const help = ({ name }: ParsedCommand): Suggestion => run(`crbus ${name} --help`)

function invalidValue(error: InvalidValueError, command: ParsedCommand): Problem {
  const { flag: name, value, problem, options, cause } = error
  const similar = namesLike(value, options)
  const suggested = (similar.length === 0 ? options : similar).slice(0, MAX_FLAGS)
  if (name === undefined) {
    return {
      message: `'${value}' is not one of ${options.join(', ')}`,
      suggestions: [...suggested.map((option) => run(`crbus ${command.name} ${option}`)), help(command)],
    }
  }
  const definition: FlagDefinition = command.flags[name] ?? { type: 'option' }
  if (problem === 'blank') {
    const message = `--${name} is empty; did a script pass a variable that is not set?`
    return { message, suggestions: [flag(withPlaceholder(name, definition))] }
  }
  if (problem === 'option') {
    return {
      message: `--${name} ${value} is not one of ${options.join(', ')}`,
      suggestions: suggested.map((option) => flag(`--${name} ${option}`)),
    }
  }
  if (problem === 'rejected') {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return { message: `--${name} ${value}: ${reason}`, suggestions: [help(command)] }
  }
  if (!/^-?\d+$/.test(value)) {
    const message = `--${name} ${value} is not a whole number`
    return { message, suggestions: [flag(withPlaceholder(name, definition))] }
  }
  const { min, max } = definition
  const isTooSmall = min !== undefined && Number(value) < min
  const limit = isTooSmall ? min : max
  return {
    message: `--${name} ${value} is out of range: the ${isTooSmall ? 'smallest' : 'largest'} number is ${limit}`,
    suggestions: [flag(`--${name} ${limit}`)],
  }
}

function unknownFlags(given: readonly string[], command: ParsedCommand): Problem {
  const { name } = command
  // The part after `=` may be a secret.
  const names = [...new Set(given.map((word) => word.split('=')[0] ?? word))]
  const suggestions = names.slice(0, MAX_FLAGS).flatMap((word) => ownFlags(word, command))
  return { message: `crbus ${name} has no flag ${names.join(', ')}`, suggestions: [...suggestions, help(command)] }
}

/** Suggests the flag of crbus for a flag of another tool or with a typing error. */
function ownFlags(word: string, command: ParsedCommand): readonly Suggestion[] {
  const { name, flags, argv } = command
  if (name === 'tail' && word === '-f') return [tailWithoutF(argv)]
  const other = suggestOwnFlag(word, name, flags)
  if (other !== undefined) return [other]
  const typed = word.replace(/^-+/, '')
  if (typed.length < 2) return []
  const known = Object.entries(flags).flatMap(([flagName, { aliases = [], allowNo }]) =>
    [flagName, ...aliases.filter((alias) => alias.length > 1), ...(allowNo ? [`no-${flagName}`] : [])].map(
      (alias) => [alias, flagName] as const,
    ),
  )
  const owners = new Map(known)
  // Two names may be equally close: `--grop` is one letter from `--grep` and from `--group`.
  const nearest = namesLike(typed, owners.keys())
    .filter((near) => sharesMostLetters(typed, near))
    .slice(0, 2)
  const begun = [...owners.keys()].filter((known) => known.startsWith(`${typed}-`))
  const similar = [...new Set([...nearest, ...begun])]
  return similar.slice(0, MAX_FLAGS).map((near) => {
    const definition = flags[owners.get(near) ?? ''] ?? { type: 'boolean' as const }
    return flag(withPlaceholder(near, definition))
  })
}

/** Whether most letters of a typed flag are in a known one. Short names are similar by distance without that: `yes` and `tls`. */
function sharesMostLetters(typed: string, known: string): boolean {
  const left = [...known]
  const shared = [...typed].filter((letter) => left.includes(letter) && left.splice(left.indexOf(letter), 1))
  return shared.length > typed.length / 2
}

/** `tail -f` of Unix follows a file. kcat has a format after `-f`. */
function tailWithoutF(argv: readonly string[]): Suggestion {
  const at = argv.indexOf('-f')
  const format = argv[at + 1]
  if (format?.includes('%')) return flag(`-o ${shellWord(format)}`, 'formats the events')
  const rest = argv.filter((_, index) => index !== at)
  return run(['crbus tail', ...rest.map(shellWord)].join(' '), 'follows by itself, so leave -f out')
}

function unexpectedArguments(words: readonly string[], command: ParsedCommand): Problem {
  const [first = ''] = words
  const named = ['group', 'topic'].filter((name) => command.flags[name]?.type === 'option')
  const isFlag = command.flags[first] !== undefined
  return {
    message: `crbus ${command.name} does not take the argument '${words.join(' ')}'`,
    suggestions: [
      ...(isFlag ? [flag(`--${first}`)] : named.map((name) => flag(`--${name} ${shellWord(first)}`))),
      help(command),
    ],
  }
}

function missingArguments(
  args: readonly { readonly name: string; readonly description?: string }[],
  command: ParsedCommand,
): Problem {
  const names = args.map(({ name, description }) => {
    const text = description === undefined ? '' : ` (${description.charAt(0).toLowerCase()}${description.slice(1)})`
    return `${name.toUpperCase()}${text}`
  })
  const verb = names.length === 1 ? 'is' : 'are'
  return { message: `${names.join(' and ')} ${verb} missing`, suggestions: [...example(command), help(command)] }
}

/** Suggests the first example of the help. */
const example = ({ examples }: ParsedCommand): readonly Suggestion[] => examples.slice(0, 1).map((line) => run(line))

function misplacedValue(command: ParsedCommand): Problem | undefined {
  const found = findMisplacedValue(command.argv, command.flags)
  if (found === undefined) return undefined
  const definition: FlagDefinition = command.flags[found.flag] ?? { type: 'option' }
  const suggestions = (definition.options ?? []).slice(0, MAX_FLAGS).map((option) => flag(`--${found.flag} ${option}`))
  if (found.kind === 'twice') {
    return {
      message: `--${found.flag} is given twice: ${found.values.join(' and ')}`,
      suggestions: [hint(`give --${found.flag} once`)],
    }
  }
  const follows = found.next === undefined ? '' : `, but ${found.next} follows, which is a flag`
  return {
    message: `--${found.flag} needs a value${follows}`,
    suggestions: suggestions.length > 0 ? suggestions : [flag(withPlaceholder(found.flag, definition))],
  }
}

type ParserOutput = NonNullable<NonNullable<ParserErrorFields['parse']>['output']>

/** Finds the rule of a flag that the command line violates: `required`, `exclusive` or `dependsOn`. */
function violatedRule({ flags: values, metadata }: ParserOutput, command: ParsedCommand): Problem | undefined {
  const definitions = Object.entries(command.flags)
  const isSet = (name: string) => values[name] !== undefined
  const isGiven = (name: string) => isSet(name) && !metadata?.flags?.[name]?.setFromDefault
  const missing = definitions.filter(([name, { required }]) => required && !isSet(name))
  if (missing.length > 0) {
    const names = missing.map(([name]) => `--${name}`)
    const verb = names.length === 1 ? 'is' : 'are'
    const suggestions = missing.map(([name, definition]) => flag(withPlaceholder(name, definition)))
    return { message: `${names.join(' and ')} ${verb} missing`, suggestions: [...suggestions, ...example(command)] }
  }
  for (const [name, { exclusive = [], dependsOn = [] }] of definitions) {
    if (!isSet(name)) continue
    const other = exclusive.find((one) => isGiven(one) && isGiven(name))
    if (other !== undefined) {
      return {
        message: `--${name} and --${other} exclude each other`,
        suggestions: [hint(`leave out --${name} or --${other}`)],
      }
    }
    const lacking = dependsOn.filter((one) => !isSet(one))
    if (lacking.length > 0) {
      return {
        message: `--${name} needs ${lacking.map((one) => `--${one}`).join(' and ')}`,
        suggestions: lacking.map((one) => flag(withPlaceholder(one, command.flags[one] ?? { type: 'option' }))),
      }
    }
  }
  return undefined
}
