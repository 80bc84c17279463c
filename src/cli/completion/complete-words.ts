import { HELP_PAGES, JSON_PAGE } from '../help-pages/page-names.ts'
import { firstWord, isLeadingFlag, leadingFlags, SWITCHES } from '../wrong-usage/arrange-words.ts'
import type { FlagDefinition } from '../wrong-usage/flag-definition.ts'
import type { CommandTree, KnownCommand } from './command-tree.ts'
import { fixedValues, kindOfArgument, kindOfFlag, type ValueKind } from './value-kind.ts'

/** A word to offer, and its meaning in a few words. */
interface Candidate {
  readonly value: string
  readonly description: string
}

/** What can stand in place of the last word of a command line. */
export interface Completion {
  /** The part of the last word before the value, such as `--group=`. The shell keeps it. */
  readonly prefix: string
  /** The typed part of the value. */
  readonly typed: string
  readonly candidates: readonly Candidate[]
  /** The kind of the value, whose names the caller adds. */
  readonly kind: ValueKind | undefined
}

const leadingCandidates: readonly Candidate[] = [...leadingFlags, '--help'].map((value) => ({ value, description: '' }))

/** Completes the last of the words after `crbus`. */
export function completeWords(words: readonly string[], tree: CommandTree): Completion {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const { command, rest, path, isLeading } = findCommand(before, tree)
  const of = (candidates: readonly Candidate[], kind?: ValueKind, prefix = ''): Completion => {
    const typed = last.slice(prefix.length)
    const matching = candidates.filter(({ value }) => value.startsWith(typed))
    return { prefix, typed, candidates: matching, kind }
  }
  if (isLeading) {
    const name = rest.at(-1) ?? ''
    return of([], name === '--profile' ? 'profile' : name === '--data-dir' ? 'file' : undefined)
  }
  const below = last.startsWith('-') ? [] : commandsBelow(path, tree)
  if (command === undefined) return last.startsWith('-') && path.length === 0 ? of(leadingCandidates) : of(below)
  const isOnlyArguments = rest.includes('--')
  const pending = isOnlyArguments ? undefined : flagBefore(rest, command)
  if (pending !== undefined) return completeValue(command, pending, last, '')
  const inline = isOnlyArguments ? null : /^--([\w-]+)=/.exec(last)
  if (inline !== null) return completeValue(command, inline[1] ?? '', last, inline[0])
  if (last.startsWith('-') && !isOnlyArguments) return of(unusedFlags(command, rest))
  const given = argumentsIn(rest, command)
  const argument = command.args[given.length] ?? (command.isOpen ? command.args.at(-1) : undefined)
  if (argument === undefined) return of(given.length === 0 ? below : [])
  const options = argument.options.map((value) => ({ value, description: '' }))
  const kind = kindOfArgument(command.id, argument.name)
  const all = of([...(given.length === 0 ? below : []), ...options, ...valuesOfKind(kind)], kind)
  return { ...all, candidates: all.candidates.filter(({ value }) => !given.includes(value)) }
}

/** The words of a command line, split at the command. */
interface FoundCommand {
  readonly command: KnownCommand | undefined
  /** The words after the command, or all words from a flag before it that lacks its value. */
  readonly rest: readonly string[]
  /** The words before flags and arguments, of commands and topics. */
  readonly path: readonly string[]
  /** Whether the last word is the value of a flag before the command. */
  readonly isLeading: boolean
}

function findCommand(before: readonly string[], { commands }: CommandTree): FoundCommand {
  const path: string[] = []
  const flags: string[] = []
  let at = 0
  for (; at < before.length; at += 1) {
    const word = before[at] ?? ''
    if (word.startsWith('-')) {
      const hasCommand = commandOf(path, commands) !== undefined
      if (hasCommand || !isLeadingFlag(word)) break
      flags.push(word)
      if (SWITCHES.has(word)) continue
      at += 1
      if (at === before.length) return { command: undefined, rest: flags, path, isLeading: true }
      flags.push(before[at] ?? '')
    } else {
      const known = path.length === 0 || (path.length === 1 && path[0] === 'help') ? firstWord(word) : word
      if (path[0] !== 'help' && !isPath([...path, known], commands)) break
      path.push(known)
    }
  }
  const command = path[0] === 'help' ? undefined : commandOf(path, commands)
  return { command, rest: [...flags, ...before.slice(at)], path, isLeading: false }
}

const commandOf = (path: readonly string[], commands: readonly KnownCommand[]): KnownCommand | undefined => {
  const id = path.join(':')
  return commands.find((command) => command.id === id || command.aliases.includes(id))
}

/** Whether the words begin a command, or are the words before commands. */
const isPath = (path: readonly string[], commands: readonly KnownCommand[]): boolean => {
  const id = path.join(':')
  return (
    path[0] === 'help' ||
    commands.some((one) => one.id === id || one.id.startsWith(`${id}:`) || one.aliases.includes(id))
  )
}

/** Returns the words that can follow: commands, and topics of commands. After `help`, also its pages. */
function commandsBelow(path: readonly string[], { commands, topics }: CommandTree): readonly Candidate[] {
  const isHelp = path[0] === 'help'
  const start = isHelp ? path.slice(1) : path
  const found = new Map<string, string>()
  for (const { id, summary } of commands) {
    const words = id.split(':')
    const word = words[start.length]
    if (word === undefined || start.some((one, index) => words[index] !== one)) continue
    const isWhole = words.length === start.length + 1
    if (isWhole) found.set(word, summary)
    else if (!found.has(word)) found.set(word, topics[word] ?? '')
  }
  if (path.length === 0) found.set('help', 'Show the help of a command or a page')
  if (isHelp && start.length === 0) {
    for (const [name, summary] of Object.entries({ ...HELP_PAGES, [JSON_PAGE]: topics[JSON_PAGE] ?? '' }))
      found.set(name, summary)
  }
  return [...found].map(([value, description]) => ({ value, description }))
}

/** Returns the name of the flag whose value comes next; `undefined` if the last word needs none. */
function flagBefore(rest: readonly string[], command: KnownCommand): string | undefined {
  const word = rest.at(-1) ?? ''
  if (!/^--?[^-=]/.test(word) || word.includes('=')) return undefined
  const found = Object.entries(command.flags()).find(([name, flag]) => isCalled(word, name, flag))
  return found?.[1].type === 'option' ? found[0] : undefined
}

const isCalled = (word: string, name: string, { char, aliases = [] }: FlagDefinition): boolean =>
  word === `--${name}` || word === `-${char}` || aliases.some((alias) => word === `--${alias}`)

function completeValue(command: KnownCommand, name: string, last: string, start: string): Completion {
  const flag = command.flags()[name]
  const kind = kindOfFlag(command.id, name, flag?.helpValue)
  // The values of a kind are those of flags that accept any text.
  const values = flag?.options?.map((value) => ({ value, description: '' })) ?? valuesOfKind(kind)
  // The flag --on takes several topics in one word.
  const comma = flag?.helpValue === 'TOPICS' ? last.lastIndexOf(',') + 1 : 0
  const prefix = last.slice(0, Math.max(start.length, comma))
  const typed = last.slice(prefix.length)
  return { prefix, typed, candidates: values.filter(({ value }) => value.startsWith(typed)), kind }
}

const valuesOfKind = (kind: ValueKind | undefined): readonly Candidate[] =>
  Object.entries((kind && fixedValues[kind]) ?? {}).map(([value, description]) => ({ value, description }))

/** Returns the flags that can still be given. */
function unusedFlags(command: KnownCommand, rest: readonly string[]): readonly Candidate[] {
  const flags = Object.entries(command.flags())
  const isUsed = (name: string, flag: FlagDefinition) =>
    !flag.multiple && rest.some((word) => isCalled(word.split('=')[0] ?? '', name, flag) || word === `--no-${name}`)
  return [
    ...flags
      .filter(([name, flag]) => !isUsed(name, flag))
      .flatMap(([name, { allowNo, description = '' }]) => [
        { value: `--${name}`, description },
        ...(allowNo ? [{ value: `--no-${name}`, description: `Not: ${description}` }] : []),
      ]),
    { value: '--help', description: 'Show the help of this command' },
  ]
}

/** Returns the arguments among the words: those that are neither flags nor values of flags. */
function argumentsIn(rest: readonly string[], command: KnownCommand): readonly string[] {
  const end = rest.indexOf('--')
  const words = end === -1 ? rest : rest.slice(0, end)
  const found = words.filter(
    (word, index) => !word.startsWith('-') && flagBefore(words.slice(0, index), command) === undefined,
  )
  return end === -1 ? found : [...found, ...rest.slice(end + 1)]
}
