import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as api from '@opentelemetry/api'
import { afterAll, describe, expect, test } from 'vitest'
import * as crbus from '../../src/index.ts'
import * as otel from '../../src/otel.ts'
import * as testing from '../../src/testing.ts'
import { checkExamples, importsItsExport, needsServer, runExample, statedResults } from '../support/doc-examples.ts'

const { exports, problems } = checkExamples()
const examples = exports.flatMap((each) => each.examples)
const titled = (all: typeof examples) => all.map((example) => [example.title, example] as const)

test('every public export has a docstring', () => {
  expect(exports.filter(({ description }) => description === '').map(({ name, at }) => `${name} (${at})`)).toEqual([])
})

test('every public function, class and constant has an example', () => {
  const bare = exports.filter(({ isValue, examples }) => isValue && examples.length === 0)
  expect(bare.map(({ name, at }) => `${name} (${at})`)).toEqual([])
})

test('every example imports the export that it shows from the module that exports it', () => {
  expect(examples.filter((example) => !importsItsExport(example)).map(({ title, at }) => `${title} (${at})`)).toEqual(
    [],
  )
})

test('all examples compile with the strict options of this project', () => {
  expect(problems).toEqual([])
})

test('no example that needs a server states a result, since such examples are not run', () => {
  expect(examples.filter((example) => needsServer(example) && statedResults(example).length > 0)).toEqual([])
})

describe('in an empty folder', () => {
  const modules = { crbus, 'crbus/testing': testing, 'crbus/otel': otel, '@opentelemetry/api': api }
  const before = process.cwd()
  const folder = mkdtempSync(join(tmpdir(), 'crbus-examples-'))
  afterAll(() => {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  })

  test.each(titled(examples.filter((example) => !needsServer(example))))(
    'the example of %s runs and gives the results that it states',
    async (_, example) => {
      process.chdir(mkdtempSync(join(folder, 'example-')))
      const checked = new Set<number>()
      await runExample(example, modules, (line, actual, stated) => {
        checked.add(line)
        expect(actual, `line ${line} of ${example.title} (${example.at})`).toEqual(stated)
      })
      expect([...checked].sort((a, b) => a - b)).toEqual(statedResults(example))
    },
  )
})
