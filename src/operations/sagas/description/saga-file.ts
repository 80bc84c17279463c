import { duration, durationText } from '../../../bus/time/duration.ts'
import { parsePlainJson } from '../../../codecs/json/json-syntax.ts'
import type { Expectation, SagaDefinition } from './definition.ts'

/** A problem in the description of a saga. */
export interface SagaFileProblem {
  /** The path of the value: `expects[2].within`. Empty for the whole file. */
  readonly path: string
  /** What is wrong, and what was expected. */
  readonly reason: string
}

/** The definition of a saga, or all problems of its file. */
export type ReadSagaFile =
  | { readonly ok: true; readonly definition: SagaDefinition }
  | { readonly ok: false; readonly problems: readonly SagaFileProblem[] }

/** The version of the file format that this crbus reads and writes. */
const VERSION = 1
/** Descriptions of real sagas have a few dozen types and expectations. */
const MAX_ITEMS = 1000

/** A year. Deadlines are dates that RFC 3339 can express. */
const MAX_WITHIN_MS = 365 * 24 * 60 * 60 * 1000

const KEYS = [
  '$schema',
  'crbus_saga',
  'saga',
  'topics',
  'events',
  'commands',
  'startedBy',
  'completedBy',
  'compensatedBy',
  'stuckBy',
  'expects',
  'code',
]

/** Reads the text of a description. Reports all of its problems, not only the first one. */
export function readSagaFile(text: string): ReadSagaFile {
  const parsed = parsePlainJson(text)
  if (!parsed.ok) return { ok: false, problems: [{ path: '', reason: parsed.reason }] }
  const problems: SagaFileProblem[] = []
  const definition = readDefinition(parsed.value, (path, reason) => problems.push({ path, reason }))
  return definition !== undefined && problems.length === 0 ? { ok: true, definition } : { ok: false, problems }
}

type Report = (path: string, reason: string) => void

function readDefinition(json: unknown, report: Report): SagaDefinition | undefined {
  const file = readObject('', json, report)
  if (file === undefined) return undefined
  if (file.crbus_saga !== VERSION) {
    const found = JSON.stringify(file.crbus_saga)
    const reason =
      found === undefined
        ? `missing, so this is not a description of a saga; expected ${VERSION}`
        : `expected ${VERSION}, got ${found}`
    report('crbus_saga', reason)
    return undefined
  }
  refuseOtherKeys('', file, KEYS, report)
  const names = (key: string, isRequired = false) => readNames(key, file[key], isRequired, report)
  const definition = {
    saga: readText('saga', file.saga, report) ?? '',
    topics: names('topics', true),
    events: names('events'),
    commands: names('commands'),
    startedBy: names('startedBy', true),
    completedBy: names('completedBy', true),
    compensatedBy: names('compensatedBy'),
    stuckBy: names('stuckBy'),
    expects: readExpectations(file.expects, report),
    code: file.code === undefined ? undefined : readCode(file.code, report),
  }
  for (const type of definition.compensatedBy) {
    if (!definition.completedBy.includes(type)) continue
    report('compensatedBy', `'${type}' is in completedBy too: an event ends a conversation in one way`)
  }
  return definition
}

function readExpectations(json: unknown, report: Report): readonly Expectation[] {
  return readList('expects', json, report).flatMap((item, index) => {
    const path = `expects[${index}]`
    const found = readObject(path, item, report)
    if (found === undefined) return []
    refuseOtherKeys(path, found, ['after', 'oneOf', 'within'], report)
    const after = readText(`${path}.after`, found.after, report)
    const oneOf = readNames(`${path}.oneOf`, found.oneOf, true, report)
    const text = readText(`${path}.within`, found.within, report)
    const within = text === undefined ? undefined : duration(text)
    if (text !== undefined && !within) report(`${path}.within`, `'${text}' is not a duration such as 30s or 1h30m`)
    if (within !== undefined && within > MAX_WITHIN_MS) report(`${path}.within`, `'${text}' is longer than a year`)
    if (after === undefined || !within) return []
    if (oneOf.includes(after)) report(`${path}.oneOf`, `'${after}' cannot follow itself`)
    return [{ after, oneOf, within }]
  })
}

/** Reads `FILE#EXPORT`. The file has to be inside the service, because a description may come from a stranger. */
function readCode(json: unknown, report: Report): string | undefined {
  const text = readText('code', json, report)
  if (text === undefined) return undefined
  const [file = '', name = ''] = text.split('#')
  if (file === '' || name === '' || text.split('#').length !== 2) {
    report('code', `'${text}' is not FILE#EXPORT, such as src/checkout/saga.ts#checkoutSaga`)
  } else if (/^([/\\]|[A-Za-z]:)/.test(file) || file.split(/[/\\]/).includes('..')) {
    report('code', `'${text}' is outside the folder of the service`)
  }
  return text
}

type JsonObject = Readonly<Record<string, unknown>>

function readObject(path: string, json: unknown, report: Report): JsonObject | undefined {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject
  report(path, `expected an object, got ${describe(json)}`)
  return undefined
}

function readList(path: string, json: unknown, report: Report): readonly unknown[] {
  if (json === undefined) return []
  if (!Array.isArray(json)) {
    report(path, `expected a list, got ${describe(json)}`)
    return []
  }
  if (json.length <= MAX_ITEMS) return json
  report(path, `has ${json.length} items; ${MAX_ITEMS} are allowed`)
  return []
}

function readNames(path: string, json: unknown, isRequired: boolean, report: Report): readonly string[] {
  const items = readList(path, json, report)
  if (isRequired && items.length === 0 && (json === undefined || Array.isArray(json))) {
    report(path, 'expected at least one name')
  }
  const names = items.flatMap((item, index) => readText(`${path}[${index}]`, item, report) ?? [])
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) report(path, `has '${twice}' twice`)
  return names
}

function readText(path: string, json: unknown, report: Report): string | undefined {
  if (typeof json === 'string' && json !== '') return json
  report(path, `expected a text, got ${json === '' ? 'an empty text' : describe(json)}`)
  return undefined
}

function refuseOtherKeys(path: string, object: JsonObject, known: readonly string[], report: Report): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue
    report(path === '' ? key : `${path}.${key}`, `unknown key; known keys: ${known.join(', ')}`)
  }
}

function describe(json: unknown): string {
  if (json === undefined) return 'nothing'
  if (json === null) return 'null'
  if (Array.isArray(json)) return 'a list'
  return typeof json === 'object' ? 'an object' : `a ${typeof json}`
}

/** Writes a definition as the text of a description, one expectation in a line. */
export function writeSagaFile(definition: SagaDefinition): string {
  const { saga, topics, events, commands, startedBy, completedBy, compensatedBy, stuckBy, expects, code } = definition
  const list = (names: readonly string[]) => `[${names.map((name) => JSON.stringify(name)).join(', ')}]`
  const lines = expects.map(
    ({ after, oneOf, within }) =>
      `    { "after": ${JSON.stringify(after)}, "oneOf": ${list(oneOf)}, "within": "${durationText(within)}" }`,
  )
  const fields = [
    ['crbus_saga', String(VERSION)],
    ['saga', JSON.stringify(saga)],
    ...Object.entries({ topics, events, commands, startedBy, completedBy, compensatedBy, stuckBy }).map(
      ([key, names]) => [key, list(names)],
    ),
    ['expects', lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`],
    ...(code === undefined ? [] : [['code', JSON.stringify(code)]]),
  ]
  return `{\n${fields.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`
}
