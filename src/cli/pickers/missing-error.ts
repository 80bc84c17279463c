import { cellWidth } from '../../ui/text/cell-width.ts'
import { cutMiddle } from '../../ui/text/cut-middle.ts'
import { listed } from '../../ui/text/listed.ts'
import { printable } from '../../ui/text/printable.ts'
import { type FoundNames, namesNow } from '../completion/names-now.ts'
import { fixedValues, isLive, type ValueKind } from '../completion/value-kind.ts'
import { UsageError } from '../errors.ts'
import { hideArguments } from '../process/hide-arguments.ts'
import { onSameBus } from '../same-bus.ts'
import { flag, run, type Suggestion, shellWord } from '../suggestions.ts'
import { withPlaceholder } from '../wrong-usage/flag-definition.ts'
import { findMisplacedValue } from '../wrong-usage/misplaced-values.ts'
import { type AddedValue, completedWords, lineOf } from './completed-words.ts'
import { type MissingValue, missingValues, ofFlag } from './missing-values.ts'
import { type GivenValues, type PickRequest, topicsIn } from './pick-request.ts'

/** What the error needs of the command. */
type MissingRequest = Pick<PickRequest, 'id' | 'argv' | 'args' | 'flags' | 'picked' | 'context' | 'parse'> & {
  /** The examples of the help. */
  readonly examples: readonly string[]
}

/** The most names that a list in an error has. */
const MAX_NAMES = 10
/** The width of an error without a terminal, and the fewest cells that a list of names takes. */
const DEFAULT_WIDTH = 200
const MIN_LIST_WIDTH = 40

const titles: Partial<Readonly<Record<ValueKind, string>>> = {
  topic: 'Topics',
  group: 'Groups',
  eventType: 'Event types',
  profile: 'Profiles',
  saga: 'Sagas',
  position: 'Positions',
  target: 'Positions',
  format: 'Formats',
}

/** The commands that list the names of a kind. */
const lists: Partial<Readonly<Record<ValueKind, string>>> = {
  topic: 'crbus topics list',
  group: 'crbus groups list',
  eventType: 'crbus schema show',
  profile: 'crbus profile list',
  saga: 'crbus sagas list',
}

/**
 * Builds the error for a command line that lacks the name of something, with the names that there are. `undefined` if it lacks no such
 * name, or if it is invalid in another way: the parser then reports why.
 */
export async function missingError(request: MissingRequest): Promise<UsageError | undefined> {
  return (await flagWithoutValue(request)) ?? valuesMissing(request)
}

/** Builds the error for a flag without a value: `lag --group`. */
async function flagWithoutValue(request: MissingRequest): Promise<UsageError | undefined> {
  const { id, argv, flags } = request
  const found = findMisplacedValue(argv, flags)
  if (found?.kind !== 'no-value') return undefined
  const { flag: name, next } = found
  const definition = flags[name]
  const missing = definition && ofFlag(id, name, definition)
  if (missing?.kind === undefined || titles[missing.kind] === undefined) return undefined
  const typed = argv.toSpliced(next === undefined ? -1 : argv.indexOf(next) - 1, 1)
  const given = (await request.parse(typed, true).catch(() => undefined)) ?? { args: {}, flags: {} }
  const names = await namesFor([missing], given, request)
  const follows = next === undefined ? '' : `, but ${next} follows, which is a flag`
  const message = withLists(`--${name} needs a value${follows}`, [missing], names, request)
  const [first] = names.get(missing.kind) ?? []
  const suggestions =
    first === undefined
      ? [flag(withPlaceholder(name, definition ?? { type: 'option' })), ...listsOf([missing], names, given)]
      : [flag(lineOfFlag({ name, isFlag: true, value: first }))]
  return new UsageError(hideArguments(message, argv), suggestions)
}

async function valuesMissing(request: MissingRequest): Promise<UsageError | undefined> {
  const { id, argv, examples } = request
  const given = await request.parse(argv, true).catch(() => undefined)
  const missing = given === undefined ? [] : missingValues(request, given)
  if (given === undefined || !missing.some(({ kind }) => kind && titles[kind])) return undefined
  const name = id.replaceAll(':', ' ')
  const names = await namesFor(missing, given, request)
  const needs = missing.map(wordsFor)
  const message = `crbus ${name} needs ${[needs.slice(0, -1).join(', '), needs.at(-1)].filter(Boolean).join(' and ')}`
  const line = completed(missing, names, given, request)
  const example = examples.slice(0, 1).map((line) => run(line))
  return new UsageError(withLists(message, missing, names, request), [
    ...(line === undefined ? [...listsOf(missing, names, given), ...example] : [run(line)]),
    run(`crbus ${name} --help`),
  ])
}

/** Says what is missing: `a topic`, `--group`, `TO (group to copy offsets to)`. */
function wordsFor({ name, isFlag, kind, description }: MissingValue): string {
  if (isFlag) return `--${name}`
  if (name === kind) return `a ${kind}`
  return `${name.toUpperCase()} (${description.charAt(0).toLowerCase()}${description.slice(1)})`
}

type Names = ReadonlyMap<ValueKind, readonly string[]>

/** Finds the values that the missing ones can have, by their kind. */
async function namesFor(missing: readonly MissingValue[], given: GivenValues, request: MissingRequest): Promise<Names> {
  const kinds = new Set(missing.flatMap(({ kind }) => (kind === undefined ? [] : [kind])))
  const group = given.args.group ?? given.flags.group
  const live = new Set([...kinds].filter(isLive))
  const found: FoundNames =
    live.size === 0
      ? {}
      : await namesNow(live, {
          context: request.context,
          flags: given.flags,
          group: typeof group === 'string' ? group : undefined,
          topics: topicsIn(given),
        })
  return new Map(
    [...kinds].map((kind) => [kind, isLive(kind) ? (found[kind] ?? []) : Object.keys(fixedValues[kind] ?? {})]),
  )
}

/** Adds the lists of names to a message, as wide as the terminal. */
function withLists(
  message: string,
  missing: readonly MissingValue[],
  names: Names,
  { context }: MissingRequest,
): string {
  const titled = new Map(missing.map(({ kind }) => [kind && titles[kind], (kind && names.get(kind)) ?? []]))
  const shown = [...titled].filter(([title, list]) => title !== undefined && list.length > 0)
  const width = (context.io.stderr.columns ?? DEFAULT_WIDTH) - 'error:  (CRBUS_USAGE)'.length
  return shown.reduce((text, [title, list], index) => {
    const start = `${text}. ${title}: `
    const room = width - cellWidth(start) - MIN_LIST_WIDTH * (shown.length - index - 1)
    return start + fitted(list, Math.max(room, MIN_LIST_WIDTH))
  }, message)
}

/** Lists as many names as fit, and at least one, which is cut if it is too long. */
function fitted(names: readonly string[], width: number): string {
  const [first = '', ...others] = names.map(printable)
  for (let count = Math.min(names.length, MAX_NAMES); count > 0; count -= 1) {
    const text = listed([first, ...others], count)
    if (cellWidth(text) <= width) return text
  }
  const rest = listed(['', ...others], 1)
  return `${cutMiddle(first, width - rest.length)}${rest}`
}

/** Returns the command line with the first possible value of each missing one; `undefined` if one has none. */
function completed(
  missing: readonly MissingValue[],
  names: Names,
  { args }: GivenValues,
  { id, argv, flags }: MissingRequest,
): string | undefined {
  const used = new Set<unknown>(Object.values(args))
  const added: AddedValue[] = []
  for (const { name, isFlag, kind } of missing) {
    const value = ((kind && names.get(kind)) ?? []).find((one) => !used.has(one))
    if (value === undefined) return undefined
    used.add(value)
    added.push({ name, isFlag, value })
  }
  const dryRun = flags['dry-run']
  // A suggestion that is pasted shows a plan, and changes nothing.
  if (dryRun !== undefined && dryRun.dependsOn === undefined && !argv.includes('--dry-run'))
    added.push({ name: 'dry-run', isFlag: true })
  return lineOf(id, completedWords(argv, added))
}

/** Suggests the commands that list the names which were not found. */
function listsOf(missing: readonly MissingValue[], names: Names, { flags }: GivenValues): readonly Suggestion[] {
  const kinds = new Set(missing.flatMap(({ kind }) => (kind === undefined || names.get(kind)?.length ? [] : [kind])))
  return [...kinds].flatMap((kind) => (lists[kind] === undefined ? [] : [run(onSameBus(lists[kind], flags))]))
}

const lineOfFlag = (added: AddedValue): string => completedWords([], [added]).map(shellWord).join(' ')
