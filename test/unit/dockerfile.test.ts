import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'
import { contextEntries, readSteps } from '../support/dockerfile.ts'

const root = new URL('../..', import.meta.url).pathname
const path = join(root, 'bin/Dockerfile')
const steps = readSteps(path)
/** The instructions of the image that users run, after the last FROM. */
const image = steps.slice(steps.findLastIndex(({ keyword }) => keyword === 'FROM'))

test('the Dockerfile has no problem that the checks of Docker editors find', () => {
  const problems = validate(readFileSync(path, 'utf8'))
  expect(problems.map(({ range, message }) => `${range.start.line + 1}: ${message}`)).toEqual([])
})

test('the Dockerfile copies files that exist and that its ignore file sends to Docker', () => {
  const entries = contextEntries(`${path}.dockerignore`)
  const copied = steps.flatMap(({ keyword, flags, words }) =>
    keyword === 'COPY' && flags.from === undefined ? words.slice(0, -1) : [],
  )
  expect([...copied].sort()).toEqual([...entries].sort())
  expect(copied.filter((name) => !existsSync(join(root, name)))).toEqual([])
})

test('the Dockerfile copies everything that package.json puts into the package', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const built = ['dist', 'oclif.manifest.json']
  const folders = files.flatMap((name: string) => (built.includes(name) ? [] : [name.split('/')[0]]))
  expect(contextEntries(`${path}.dockerignore`)).toEqual(expect.arrayContaining(folders))
})

test('the image runs crbus as a user without rights, with a volume for its data', () => {
  const wordsOf = (keyword: string) => image.find((step) => step.keyword === keyword)?.words
  expect(wordsOf('USER')).toEqual(['node'])
  expect(wordsOf('ENTRYPOINT')).toEqual(['crbus'])
  expect(wordsOf('VOLUME')).toEqual(['/data'])
  const owned = image.find(({ words }) => words.at(-1) === '/data')
  expect(owned?.flags.chown).toBe('node:node')
})
