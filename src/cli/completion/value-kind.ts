/** What the value of a flag or an argument names. Completion offers such values, and pickers let the user choose one. */
export type ValueKind =
  | ('topic' | 'group' | 'eventType' | 'profile' | 'saga' | 'conversation')
  | ('position' | 'target' | 'format' | 'file')

/** The kinds whose values come from the bus, the schemas or the files. */
export type LiveKind = Extract<ValueKind, 'topic' | 'group' | 'eventType' | 'profile' | 'saga'>

export const isLive = (kind: ValueKind | undefined): kind is LiveKind =>
  kind === 'topic' || kind === 'group' || kind === 'eventType' || kind === 'profile' || kind === 'saga'

/** The kinds by the placeholder of a flag in the help. */
const byPlaceholder: Readonly<Record<string, ValueKind>> = {
  TOPIC: 'topic',
  TOPICS: 'topic',
  'TOPIC[:PARTITIONS]': 'topic',
  'TOPIC[:TYPE]': 'topic',
  GROUP: 'group',
  SAGA: 'saga',
  EVENT_TYPE: 'eventType',
  POSITION: 'position',
  FILE: 'file',
  FOLDER: 'file',
  PATH: 'file',
}

/** Commands whose argument is a new name, which cannot be completed. */
const NEW_NAMES: ReadonlySet<string> = new Set(['topics:create', 'new:topic', 'profile:create'])

/** Arguments whose kind their name does not tell. */
const byArgument: Readonly<Record<string, ValueKind>> = {
  'copy source': 'topic',
  'copy target': 'topic',
  'groups:clone from': 'group',
  'groups:clone to': 'group',
  'import file': 'file',
  'profile:delete name': 'profile',
  'profile:show name': 'profile',
  'profile:use name': 'profile',
  'profile:import file': 'file',
  'profile:validate file': 'file',
  'reset:apply plan': 'file',
  'reset:undo file': 'file',
  'sagas:describe name': 'saga',
  'sagas:show id': 'conversation',
  'schema:diff new': 'file',
  'schema:diff old': 'file',
  'schema:import path': 'file',
  'schema:sample event': 'eventType',
  'topology:diff new': 'file',
  'topology:diff old': 'file',
  'trace id': 'conversation',
}

/** Returns the kind of a flag's value; `undefined` if it names nothing that crbus knows. */
export function kindOfFlag(
  command: string,
  name: string,
  helpValue: string | readonly string[] | undefined,
): ValueKind | undefined {
  if (name === 'profile' || name === 'to-profile') return 'profile'
  if (name === 'to' && command === 'reset') return 'target'
  if (name === 'output' && String(helpValue) === 'FORMAT') return 'format'
  return byPlaceholder[String(helpValue)]
}

/** Returns the kind of an argument; `undefined` if it names nothing that crbus knows. */
export function kindOfArgument(command: string, name: string): ValueKind | undefined {
  if (NEW_NAMES.has(command)) return undefined
  if (name === 'topic' || name === 'group' || name === 'saga') return name
  return byArgument[`${command} ${name}`]
}

/** Values of kinds that no bus has to be asked for. */
export const fixedValues: Partial<Readonly<Record<ValueKind, Readonly<Record<string, string>>>>> = {
  position: {
    start: 'the first event',
    end: 'after the last event',
    '-10': 'ten offsets before the end',
    '@-1h': 'an hour ago',
    '@-24h': 'a day ago',
    today: 'the first moment of today in UTC',
    yesterday: 'the first moment of yesterday in UTC',
  },
  target: {
    start: 'the first event',
    end: 'after the last event',
    '@-1h': 'an hour ago',
    '@-24h': 'a day ago',
    '-100': 'a hundred offsets back',
    '+100': 'a hundred offsets ahead',
    current: 'the committed offset, unchanged',
  },
  format: {
    text: 'a line for each event',
    pretty: 'everything of an event, in several lines',
    json: 'a line of JSON for each event',
    raw: 'the values',
  },
}
