import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { findSagas } from '../../../../src/operations/sagas/description/find-sagas.ts'
import { readSagaFile, writeSagaFile } from '../../../../src/operations/sagas/description/saga-file.ts'

const file = {
  crbus_saga: 1,
  saga: 'checkout',
  topics: ['order-events'],
  startedBy: ['OrderPlaced'],
  completedBy: ['CheckoutCompleted'],
  expects: [{ after: 'OrderPlaced', oneOf: ['PaymentCompleted'], within: '1m30s' }],
}
const problemsIn = (json: object) => {
  const read = readSagaFile(JSON.stringify(json))
  return read.ok ? [] : read.problems.map(({ path, reason }) => `${path}: ${reason}`)
}

test('reads a description, with durations in milliseconds and empty lists for keys that are left out', () => {
  const read = readSagaFile(JSON.stringify(file))
  expect(read).toEqual({
    ok: true,
    definition: {
      saga: 'checkout',
      topics: ['order-events'],
      events: [],
      commands: [],
      startedBy: ['OrderPlaced'],
      completedBy: ['CheckoutCompleted'],
      compensatedBy: [],
      stuckBy: [],
      expects: [{ after: 'OrderPlaced', oneOf: ['PaymentCompleted'], within: 90_000 }],
      code: undefined,
    },
  })
})

test('reports every problem of a description with its path', () => {
  const expects = [{ after: 'A', oneOf: ['A'], within: 'soon', until: 1 }, 7]
  expect(problemsIn({ ...file, topics: [], startedBy: 'OrderPlaced', expects, extra: true })).toEqual([
    expect.stringContaining('extra: unknown key'),
    'topics: expected at least one name',
    'startedBy: expected a list, got a string',
    expect.stringContaining('expects[0].until: unknown key'),
    "expects[0].within: 'soon' is not a duration such as 30s or 1h30m",
    'expects[1]: expected an object, got a number',
  ])
})

test('names line and column of a mistake in the syntax', () => {
  const read = readSagaFile('{\n  "crbus_saga": 1,,\n}')
  expect(!read.ok && read.problems[0]?.reason).toMatch(/^not JSON: .* at line 2, column 19$/)
})

test.each([
  ['/etc/saga.ts#saga', 'is outside the folder of the service'],
  ['../saga.ts#saga', 'is outside the folder of the service'],
  ['src\\..\\..\\saga.ts#saga', 'is outside the folder of the service'],
  ['C:/saga.ts#saga', 'is outside the folder of the service'],
  ['src/saga.ts', 'is not FILE#EXPORT'],
  ['#saga', 'is not FILE#EXPORT'],
])('refuses the code %s', (code, reason) => {
  expect(problemsIn({ ...file, code }).join()).toContain(reason)
})

test.each([
  [{ crbus_saga: 2 }, 'crbus_saga: expected 1, got 2'],
  [{ saga: '' }, 'saga: expected a text, got an empty text'],
  [{ compensatedBy: ['CheckoutCompleted'] }, 'an event ends a conversation in one way'],
  [{ completedBy: ['A', 'A'] }, "completedBy: has 'A' twice"],
  [{ topics: new Array(1001).fill('a') }, 'topics: has 1001 items; 1000 are allowed'],
  [{ expects: [{ after: 'A', oneOf: ['B'], within: '53w' }] }, "expects[0].within: '53w' is longer than a year"],
])('refuses %j', (change, reason) => {
  expect(problemsIn({ ...file, ...change }).join()).toContain(reason)
})

describe('the JSON Schema of descriptions', () => {
  const path = '../../../../src/operations/sagas/description/saga.schema.json'
  const schema = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: true }).compile(schema)

  test('has the keys that crbus knows', () => {
    const [problem = ''] = problemsIn({ ...file, zzz: 1 })
    expect(problem).toBe(`zzz: unknown key; known keys: ${Object.keys(schema.properties).join(', ')}`)
  })

  test.each([
    [{}, true],
    [{ $schema: 'crbus/saga.schema.json', events: ['a'], commands: [], stuckBy: ['S'], code: 'a.ts#b' }, true],
    [{ topics: [] }, false],
    [{ completedBy: ['A', 'A'] }, false],
    [{ expects: [{ after: 'A', oneOf: ['B'], within: '5' }] }, false],
    [{ expects: [{ after: 'A', within: '5s' }] }, false],
    [{ code: 'a.ts' }, false],
    [{ saga: 7 }, false],
  ])('judges %j as crbus does', (change, isValid) => {
    expect(validate({ ...file, ...change })).toBe(isValid)
    expect(problemsIn({ ...file, ...change }).length === 0).toBe(isValid)
  })

  test('is met by what crbus writes, which crbus reads as the same', () => {
    const read = readSagaFile(JSON.stringify({ ...file, code: 'src/saga.ts#saga', stuckBy: ['"Stuck"'] }))
    if (!read.ok) throw new Error('the description is valid')
    const text = writeSagaFile(read.definition)
    expect(validate(JSON.parse(text))).toBe(true)
    expect(readSagaFile(text)).toEqual(read)
  })
})

test('finds the folder of descriptions above or beside the bus, and refuses two descriptions of one saga', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-sagas-'))
  const inside = join(folder, 'src/checkout')
  mkdirSync(inside, { recursive: true })
  mkdirSync(join(folder, 'sagas'))
  writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(file))
  const found = await findSagas({ cwd: inside })
  expect(found.ok && found.files.map(({ path }) => path)).toEqual([join(folder, 'sagas/checkout.json')])
  expect(await findSagas({ cwd: '/', busFolder: folder })).toEqual(found)
  writeFileSync(join(folder, 'sagas/other.json'), JSON.stringify(file))
  const twice = await findSagas({ cwd: inside })
  expect(!twice.ok && twice.reason).toContain("both describe the saga 'checkout'")
  rmSync(folder, { recursive: true })
})
