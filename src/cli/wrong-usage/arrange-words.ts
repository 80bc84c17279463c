/** The flags without a value that may stand before the command. */
export const SWITCHES: ReadonlySet<string> = new Set([
  '--json',
  '--quiet',
  '-q',
  '--debug',
  '--no-color',
  '--tls',
  '--no-tls',
])

/** The flags with a value that may stand before the command: those that choose a bus or a store. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '--profile',
  '--brokers',
  '-b',
  '--option',
  '-X',
  '--data-dir',
  '--store',
])

/** The long flags that may stand before the command. */
export const leadingFlags: readonly string[] = [...SWITCHES, ...WITH_VALUE].filter((flag) => flag.startsWith('--'))

/** Whether a flag may stand before the command. */
export const isLeadingFlag = (flag: string): boolean => SWITCHES.has(flag) || WITH_VALUE.has(flag)

/** The singular of the topics of commands, which users type as well: `crbus topic list`. */
const PLURALS: Readonly<Record<string, string>> = { topic: 'topics', group: 'groups' }

/** Arranges a command line as oclif expects it: see {@link moveLeadingFlags}. Replaces `topic` and `group` as the first word. */
export function arrangeWords(argv: readonly string[]): string[] {
  const words = moveLeadingFlags(argv)
  const first = words[0] === 'help' ? 1 : 0
  return words.map((word, index) => (index === first ? firstWord(word) : word))
}

/** Returns the first word of a command as oclif knows it. */
export const firstWord = (word: string): string => (Object.hasOwn(PLURALS, word) ? PLURALS[word] : undefined) ?? word

/**
 * Moves the global flags that stand between or before the words of a command behind them: `-b kafka:9092 topics list` becomes
 * `topics list -b kafka:9092`. oclif expects the command first. Other flags, and the words after them, keep their places.
 */
function moveLeadingFlags(argv: readonly string[]): string[] {
  const words: string[] = []
  const moved: string[] = []
  let at = 0
  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (!word.startsWith('-') || word === '-') words.push(word)
    else if (SWITCHES.has(word)) moved.push(word)
    else if (WITH_VALUE.has(word) || holdsValue(word)) {
      const count = wordsOfFlag(word, argv[at + 1] ?? '')
      moved.push(...argv.slice(at, at + count))
      at += count - 1
    } else break
  }
  return [...words, ...moved, ...argv.slice(at)]
}

/**
 * Returns the number of words that belong to a flag. After `-X sasl.password` without `=`, the next word is the secret, which
 * `hideArguments` recognizes only behind the name.
 */
function wordsOfFlag(word: string, next: string): number {
  if (WITH_VALUE.has(word)) return ['-X', '--option'].includes(word) && !next.includes('=') ? 3 : 2
  return word.startsWith('-X') && !word.includes('=') ? 2 : 1
}

/** Whether the flag and its value are one word: `--profile=prod`, `-Xa=b`, `-bkafka:9092`. */
const holdsValue = (word: string): boolean =>
  /^--[a-z-]+=/.test(word) ? WITH_VALUE.has(word.slice(0, word.indexOf('='))) : /^-[bX]./.test(word)
