import type { BusFlags } from '../config/config.ts'
import type { Context } from '../process/context.ts'
import { createContext } from '../process/create-context.ts'
import { readCommandTree } from './command-tree.ts'
import { type Completion, completeWords } from './complete-words.ts'
import { keyOfBus, keyOfSchemas, NamesCache } from './names-cache.ts'
import { completionShells, formatCompletion, typedWords } from './shell-words.ts'
import { isLive, type LiveKind } from './value-kind.ts'

/**
 * Prints the candidates for the last word of a command line. Loads neither oclif nor a driver, since the user waits after a key. An
 * error prints nothing: the shell would print it into the command line.
 */
export async function answerCompletion(argv: readonly string[], binUrl: string): Promise<void> {
  const [name, ...given] = argv
  const shell = completionShells.find((one) => one === name)
  if (shell === undefined) return
  const words = typedWords(shell, given)
  try {
    const completion = completeWords(words, readCommandTree(binUrl))
    const { kind } = completion
    const names = isLive(kind) ? await readNames(kind, words, binUrl) : []
    process.stdout.write(formatCompletion(shell, withNames(completion, names), given.at(-1) ?? ''))
  } catch {
    // The shell then offers nothing.
  }
}

/** Reads the names of a bus into the cache. Errors are not reported: no terminal belongs to this process. */
export async function answerRefresh(argv: readonly string[]): Promise<void> {
  const { refreshNames } = await import('./refresh-names.ts')
  await refreshNames(createContext(), selectingFlags(argv)).catch(() => {})
  process.exit(0)
}

function withNames(completion: Completion, names: readonly string[]): Completion {
  const { typed, candidates } = completion
  const isWanted = (name: string) =>
    // A name that begins with a dash would be taken for a flag.
    name.startsWith(typed) && !name.startsWith('-') && (typed.startsWith('__') || !name.startsWith('__'))
  const added = names.filter(isWanted).map((value) => ({ value, description: '' }))
  return { ...completion, candidates: [...candidates, ...added] }
}

/** Returns the known names of a kind. If they are old, starts a process that reads them for the next time. */
async function readNames(kind: LiveKind, words: readonly string[], binUrl: string): Promise<readonly string[]> {
  const context = createContext()
  const config = await context.config(selectingFlags(words))
  if (kind === 'saga') {
    const { sagaNames } = await import('./saga-names.ts')
    return sagaNames(config, context, lastValue(words, '--descriptions'))
  }
  if (kind === 'profile') return [...config.profiles.keys()].sort()
  const cache = new NamesCache(context.cacheFolder)
  const key = keyOfBus(config.bus.value)
  const { topics = [], groups = [], eventTypes = [] } = cache.read(key)
  const ofSchemas = kind === 'eventType' ? (cache.read(keyOfSchemas(config, context.cwd)).eventTypes ?? []) : []
  if (cache.startsRefresh(key, context.now())) startRefresh(context, words, binUrl)
  return { topic: topics, group: groups, eventType: [...new Set([...ofSchemas, ...eventTypes])] }[kind]
}

function startRefresh({ cwd }: Context, words: readonly string[], binUrl: string): void {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  const flags = Object.entries(selectingFlags(words)).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  )
  // An executable of crbus runs its own main script.
  const script = process.getBuiltinModule('node:sea')?.isSea() ? [] : [fileURLToPath(binUrl)]
  spawn(process.execPath, [...script, '__refresh-names', ...flags], { cwd, detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref()
}

/** Reads the flags that select a bus from an incomplete command line. Not `-X`, whose settings may be secrets. */
function selectingFlags(words: readonly string[]): BusFlags {
  const given = {
    profile: lastValue(words, '--profile'),
    brokers: lastValue(words, '--brokers'),
    'data-dir': lastValue(words, '--data-dir'),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''))
}

/** Reads the last value of a flag from an incomplete command line. */
function lastValue(words: readonly string[], name: string): string | undefined {
  const names: Readonly<Record<string, string>> = { '-b': '--brokers' }
  return words.reduce<string | undefined>((found, word, index) => {
    if ((names[words[index - 1] ?? ''] ?? words[index - 1]) === name && index < words.length) return word
    return word.startsWith(`${name}=`) ? word.slice(name.length + 1) : found
  }, undefined)
}
