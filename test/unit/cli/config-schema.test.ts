import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { colorChoices } from '../../../src/cli/config/color.ts'
import { parseConfigFile, recordKeys, topicCodecs, topicEnvelopes } from '../../../src/cli/config/config-file.ts'
import { mechanisms } from '../../../src/cli/config/security/settings.ts'
import { UsageError } from '../../../src/cli/errors.ts'

// Compares the JSON Schema of crbus.json, which editors read, with what crbus accepts.

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly string[]
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'))
const schema: Schema = read('src/cli/config/crbus.schema.json')
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

/** Returns the schema at keys; `*` stands for a name that the user chooses. */
function at(keys: readonly string[]): Schema {
  return keys.reduce<Schema>((part, key) => {
    const object = part.anyOf?.find(({ properties }) => properties !== undefined) ?? part
    const next = key === '*' ? object.additionalProperties : object.properties?.[key]
    if (typeof next !== 'object') throw new Error(`the schema has no ${keys.join('.')}`)
    return next
  }, schema)
}

const propertiesOf = (part: Schema) =>
  Object.keys((part.anyOf?.find(({ properties }) => properties !== undefined) ?? part).properties ?? {})

/** Returns the keys that crbus knows, which the error for an unknown key suggests. */
function knownKeys(keys: readonly string[]): string[] {
  const content = keys
    .toReversed()
    .reduce<object>((inner, key) => ({ [key === '*' ? 'x' : key]: inner }), { zzzzzzzz: 1 })
  try {
    parseConfigFile(content, '/crbus.json', 'user')
  } catch (error) {
    const [suggestion] = (error as UsageError).suggestions
    if (suggestion && 'hint' in suggestion) return suggestion.hint.replace('one of ', '').split(', ')
  }
  throw new Error(`crbus accepts unknown keys in ${keys.join('.')}`)
}

test.each([
  [[]],
  [['profiles', '*']],
  [['profiles', '*', 'tls']],
  [['profiles', '*', 'sasl']],
  [['topics', '*']],
  [['services', '*']],
  [['allow']],
])('the schema of crbus.json has the keys that crbus reads, in the same order: %j', (keys) => {
  expect(propertiesOf(at(keys))).toEqual(knownKeys(keys))
})

test('the schema of crbus.json describes every key, and has the values that crbus accepts', () => {
  const parts = (part: Schema): Schema[] => [
    part,
    ...[...Object.values(part.properties ?? {}), ...(part.anyOf ?? [])].flatMap(parts),
    ...(typeof part.additionalProperties === 'object' ? parts(part.additionalProperties) : []),
  ]
  const keys = parts(schema).flatMap(({ properties = {} }) => Object.entries(properties))
  expect(keys.filter(([, { description }]) => !description).map(([key]) => key)).toEqual([])
  expect(at(['profiles', '*', 'sasl', 'mechanism']).enum).toEqual(mechanisms)
  expect(at(['profiles', '*', 'color']).enum).toEqual(colorChoices)
  expect(at(['topics', '*', 'codec']).enum).toEqual(topicCodecs)
  expect(at(['topics', '*', 'envelope']).enum).toEqual(topicEnvelopes)
  expect(at(['topics', '*', 'key']).enum).toEqual(recordKeys)
})

describe('the schema of crbus.json and crbus agree', () => {
  const accepts = (content: unknown) => {
    try {
      parseConfigFile(content, '/crbus.json', 'user')
      return true
    } catch (error) {
      if (error instanceof UsageError) return false
      throw error
    }
  }

  test.each([
    read('templates/service-ts/files/crbus.json'),
    read('templates/service-rust/files/crbus.json'),
    {},
    { $schema: 'x', allow: { env: ['A'], folders: ['/a'] } },
    { profiles: { a: { brokers: 'a:1', tls: true, sasl: { mechanism: 'PLAIN', username: 'a', password: 'env:A' } } } },
    { profiles: { a: { tls: { ca: 'ca.pem', insecure: true, anyHostName: true }, maxBatchBytes: 1 } } },
    { profiles: { a: { dataDir: 'x', schemas: 'schemas', color: 'always' } } },
    { services: { a: { group: 'g', consumes: { t: ['A'] }, publishes: { t: ['A.v1', 'B*'] } }, b: {} } },
    { topics: { t: { partitions: 3, replication: 1, retention: '7d', codec: 'cbor', key: 'type' } } },
  ])('on valid content: %j', (content) => {
    expect(validate(content), JSON.stringify(validate.errors)).toBe(true)
    expect(accepts(content)).toBe(true)
  })

  test.each([
    [[]],
    [{ profil: 'a' }],
    [{ profile: '' }],
    [{ profiles: { 'a b': {} } }],
    [{ profiles: { a: { brokers: 1 } } }],
    [{ profiles: { a: { tls: 'yes' } } }],
    [{ profiles: { a: { tls: { ca: 1 } } } }],
    [{ profiles: { a: { sasl: {} } } }],
    [{ profiles: { a: { sasl: { mechanism: 'NTLM' } } } }],
    [{ profiles: { a: { maxBatchBytes: 0 } } }],
    [{ profiles: { a: { tls: { anyHostName: 'yes' } } } }],
    [{ profiles: { a: { schemas: '' } } }],
    [{ profiles: { a: { color: true } } }],
    [{ topics: { t: { partitions: 1.5 } } }],
    [{ topics: { t: { codec: 'xml' } } }],
    [{ services: { a: { groups: 'g' } } }],
    [{ services: { a: { consumes: { t: 'A' } } } }],
    [{ services: { a: { publishes: { t: [''] } } } }],
    [{ allow: { env: 'A' } }],
  ])('on invalid content: %j', (content) => {
    expect(validate(content)).toBe(false)
    expect(accepts(content)).toBe(false)
  })
})
