import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findUp } from '../../../src/files/find-up.ts'
import { isFolder } from '../../../src/files/make-folder.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'crbus-find-up-'))
  mkdirSync(join(root, 'a', 'b'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

test('findUp returns the path in the nearest folder that has the name', () => {
  mkdirSync(join(root, 'schemas'))
  expect(findUp(join(root, 'a', 'b'), 'schemas', isFolder)).toBe(join(root, 'schemas'))
  mkdirSync(join(root, 'a', 'b', 'schemas'))
  expect(findUp(join(root, 'a', 'b'), 'schemas', isFolder)).toBe(join(root, 'a', 'b', 'schemas'))
})

test('findUp continues above a path that is not accepted', () => {
  mkdirSync(join(root, 'schemas'))
  writeFileSync(join(root, 'a', 'schemas'), '')
  expect(findUp(join(root, 'a', 'b'), 'schemas', isFolder)).toBe(join(root, 'schemas'))
})

test('findUp ends at the root of the file system', () => {
  const asked: string[] = []
  const found = findUp(root, 'x', (path) => {
    asked.push(path)
    return false
  })
  expect(found).toBeUndefined()
  expect(asked.at(-1)).toBe(join(parse(root).root, 'x'))
})
