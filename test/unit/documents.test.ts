import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventBusErrorCodes } from '../../src/bus/errors.ts'
import { eventStoreErrorCodes } from '../../src/store/errors.ts'
import { documentProblems, documentSchemas } from '../support/documents.ts'

type Schema = Readonly<Record<string, unknown>>

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Place {
  /** The file and the keys that lead to the part. */
  readonly at: string
  readonly schema: Schema
}

interface Part extends Place {
  /** The key that the part describes; absent for other parts. */
  readonly key: string | undefined
}

/** Returns all subschemas of the schemas. */
function partsOf(at: string, schema: Schema, key?: string): Part[] {
  const {
    properties = {},
    $defs = {},
    items,
    anyOf = [],
    oneOf = [],
  } = schema as {
    readonly properties?: Readonly<Record<string, Schema>>
    readonly $defs?: Readonly<Record<string, Schema>>
    readonly items?: Schema
    readonly anyOf?: readonly Schema[]
    readonly oneOf?: readonly Schema[]
  }
  return [
    { at, schema, key },
    ...Object.entries(properties).flatMap(([name, part]) => partsOf(`${at} ${name}`, part, name)),
    ...Object.entries($defs).flatMap(([name, part]) => partsOf(`${at} ${name}`, part)),
    ...(items === undefined ? [] : partsOf(`${at} items`, items)),
    ...[...anyOf, ...oneOf].flatMap((part, index) => partsOf(`${at} ${index}`, part)),
  ]
}

const parts = [...documentSchemas].flatMap(([name, schema]) => partsOf(name, schema))

/** Follows `$ref`. References to parts of the same file name no file. */
function resolved({ at, schema }: Place): Place {
  const { $ref } = schema as { readonly $ref?: string }
  if ($ref === undefined) return { at, schema }
  const [file = '', pointer = ''] = $ref.split('#')
  const own = at.split(' ')[0] ?? ''
  const name = file === '' ? own : new URL(file, `file:///${own}`).pathname.slice(1).replace('.schema.json', '')
  const steps = pointer.split('/').filter((step) => step !== '')
  const target = steps.reduce<unknown>((part, step) => (part as Schema)[step], documentSchemas.get(name))
  return resolved({ at: name, schema: target as Schema })
}

describe('the schemas of documents', () => {
  test('compile in the strict mode of ajv', () => {
    for (const name of documentSchemas.keys()) documentProblems(name, {})
    expect(documentSchemas.size).toBeGreaterThan(20)
  })

  test('have a title, and a description of every key', () => {
    expect([...documentSchemas].filter(([, schema]) => !schema.title).map(([name]) => name)).toEqual([])
    const bare = parts
      .filter(({ key }) => key !== undefined && key !== 'code')
      .filter((part) => part.schema.description === undefined && resolved(part).schema.description === undefined)
    expect(bare.map(({ at }) => at)).toEqual([])
  })

  test('are strict: they describe all keys of an object', () => {
    const open = parts
      .filter(({ schema }) => schema.properties !== undefined && schema.type === 'object')
      .filter(({ schema }) => schema.additionalProperties === undefined && schema.unevaluatedProperties === undefined)
    // Two documents refer to a plan, and add the keys of its result.
    expect(open.map(({ at }) => at)).toEqual(['plan'])
  })

  test('give a key of a number to no list, and a key of a list to no number', () => {
    const kinds = new Map<string, Set<string>>()
    for (const part of parts) {
      if (part.key === undefined) continue
      const { at, schema } = resolved(part)
      const alternatives = [schema, ...((schema.anyOf ?? []) as readonly Schema[])]
      const seen = kinds.get(part.key) ?? new Set()
      for (const alternative of alternatives) {
        const { type } = resolved({ at, schema: alternative }).schema
        if (type === 'integer' || type === 'number') seen.add('number')
        if (type === 'array') seen.add('list')
      }
      kinds.set(part.key, seen)
    }
    expect(kinds.get('partitions')).toEqual(new Set(['list']))
    expect(kinds.get('partitionCount')).toEqual(new Set(['number']))
    expect([...kinds].filter(([, seen]) => seen.size > 1).map(([key]) => key)).toEqual([])
  })

  test('list all codes of errors', () => {
    const { schema } = resolved({ at: 'error', schema: { $ref: 'common.schema.json#/$defs/error/properties/code' } })
    const code = schema as { readonly enum: readonly string[] }
    const known = [
      ...Object.keys(eventBusErrorCodes),
      ...Object.keys(eventStoreErrorCodes),
      'NOT_FOUND',
      'USAGE',
      'BUG',
    ]
    expect(code.enum.toSorted()).toEqual(known.map((name) => `CRBUS_${name}`).sort())
  })

  test('describe suggestions as objects with one of run, flag and hint', () => {
    const failure = (...suggestions: unknown[]) => ({
      error: { code: 'CRBUS_USAGE', message: 'x', suggestions, exitCode: 2 },
    })
    const valid = [{ run: 'crbus topics list' }, { flag: '--yes', note: 'x' }, { hint: 'x' }]
    expect(documentProblems('error', failure(...valid))).toEqual([])
    for (const invalid of ['text', {}, { run: 'x', hint: 'x' }, { run: 1 }, { hint: 'x', note: 'x' }]) {
      expect(documentProblems('error', failure(invalid))).not.toEqual([])
    }
  })
})

test('crbus help json lists the documents', () => {
  const { description } = JSON.parse(read('package.json')).oclif.topics.json as { readonly description: string }
  const parts = ['common', 'plan', 'schema/change']
  const listed = [...documentSchemas]
    .filter(([name]) => !parts.includes(name))
    .map(([name, { title }]) => `  ${`${name}.schema.json`.padEnd(29)}${title}`)
  expect(description.split('\n\n')[1]).toBe(listed.join('\n'))
})
