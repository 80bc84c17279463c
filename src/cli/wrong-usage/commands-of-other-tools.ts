import { hint, run, type Suggestion, shellWord } from '../suggestions.ts'

/** Commands whose argument other tools have, and that have a flag for it. */
const groupCommands = ['reset', 'check lag', 'metrics', 'doctor events', 'doctor slow', 'doctor duplicates']

/** Verbs of other tools after `topics`, `groups` and `profile`. */
const verbs: Readonly<Record<string, string>> = {
  ls: 'list',
  get: 'describe',
  show: 'describe',
  info: 'describe',
  add: 'create',
  new: 'create',
  rm: 'delete',
  remove: 'delete',
  del: 'delete',
}

/** Nouns of other tools, and the topic of crbus's commands for them. */
const nouns: Readonly<Record<string, string>> = {
  topic: 'topics',
  topics: 'topics',
  group: 'groups',
  groups: 'groups',
  'consumer-group': 'groups',
  'consumer-groups': 'groups',
  profile: 'profile',
  profiles: 'profile',
  context: 'profile',
  contexts: 'profile',
}

/** What crbus calls the single words of other tools. `named` is the word after them, quoted for a shell, or a placeholder. */
const words: Readonly<Record<string, (named: string | undefined) => readonly string[]>> = {
  describe: (named = 'NAME') => [`topics describe ${named}`, `groups describe ${named}`],
  inspect: (named = 'NAME') => [`topics describe ${named}`, `groups describe ${named}`],
  info: (named = 'NAME') => [`topics describe ${named}`, `groups describe ${named}`],
  list: () => ['topics list', 'groups list'],
  get: () => ['topics list', 'groups list'],
  create: (named = 'NAME') => [`topics create ${named}`, `profile create ${named}`],
  delete: (named = 'NAME') => [`topics delete ${named}`, `groups delete ${named}`],
  rm: (named = 'NAME') => [`topics delete ${named}`, `groups delete ${named}`],
  'reset-offsets': (named = 'GROUP') => [`reset --group ${named} --topic order-events --to start --dry-run`],
  seek: (named = 'GROUP') => [`reset --group ${named} --topic order-events --to start --dry-run`],
  'consumer-groups': () => ['groups list', 'lag'],
  'consumer-group': () => ['groups list', 'lag'],
  consumers: () => ['groups list', 'lag'],
  contexts: () => ['profile list'],
  context: () => ['profile list'],
  login: () => ['profile create prod --brokers HOST:PORT'],
  cluster: () => ['doctor connection'],
  brokers: () => ['doctor connection'],
  ping: () => ['doctor connection'],
  watch: () => ['lag --watch'],
}

/**
 * Returns the commands of crbus for the command of another tool, such as `get topics` and `delete topic NAME`. Returns none for other
 * words.
 */
export function suggestOwnCommands(given: readonly string[], known: readonly string[]): readonly Suggestion[] {
  const [first = '', second = '', ...rest] = given
  const quoted = rest.map(shellWord)
  const own = (text: string) => run(`crbus ${text}`)
  const noun = lookUp(nouns, second)
  const verb = lookUp(verbs, first) ?? first
  // `get topics` and `create topic NAME`: the verb comes first.
  if (noun !== undefined) {
    const listed = verb === 'describe' && rest.length === 0 ? 'list' : verb
    if (known.includes(`${noun}:${listed}`)) return [own([noun, listed, ...quoted].join(' '))]
  }
  const of = lookUp(nouns, first)
  const action = lookUp(verbs, second) ?? second
  if (of !== undefined && known.includes(`${of}:${action}`)) return [own([of, action, ...quoted].join(' '))]
  const replace = lookUp(words, first)
  return replace === undefined ? [] : replace(second === '' ? undefined : shellWord(second)).map(own)
}

/** Suggests the flag for an argument that a command does not take: `crbus metrics billing`. */
export function suggestFlagFor(command: string, argument: string): readonly Suggestion[] {
  if (!groupCommands.includes(command)) return []
  return [
    command === 'reset'
      ? run(`crbus reset --group ${shellWord(argument)} --topic order-events --to start --dry-run`)
      : run(`crbus ${command} --group ${shellWord(argument)}`),
  ]
}

/** Suggests the command for a flag that another tool has in place of a command: `kcat -L`. */
export function suggestCommandFor(flag: string): readonly Suggestion[] {
  const commands: Readonly<Record<string, string>> = {
    '-C': 'crbus tail order-events',
    '-P': `crbus publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`,
    '-L': 'crbus topics list',
    '-t': 'crbus tail order-events',
    '-g': 'crbus lag --group GROUP',
  }
  const command = lookUp(commands, flag)
  return command === undefined ? [hint(`write ${flag} behind the command that it belongs to`)] : [run(command)]
}

const lookUp = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
