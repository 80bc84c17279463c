import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { openSqlite } from '../../../src/sqlite/load-sqlite.ts'
import { holderOf } from '../../../src/store/sqlite/lock-holder.ts'

let path: string
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-lock-'))
  path = join(folder, 'lock')
  writeFileSync(path, '')
  return () => rmSync(folder, { recursive: true })
})

test.skipIf(platform() !== 'linux')('names the process that has locked a file, while it has', () => {
  const database = openSqlite(path)
  expect(holderOf(path)).toEqual({ state: 'free' })
  database.exec('BEGIN EXCLUSIVE')
  expect(holderOf(path)).toEqual({ state: 'held', processId: process.pid })
  database.close()
  expect(holderOf(path)).toEqual({ state: 'free' })
})

test('reports a file that does not exist as free', () => {
  expect(holderOf(`${path}-absent`)).toEqual({ state: 'free' })
})

test('does not know the holder on a system that does not list locks', () => {
  const fail = (): string => {
    throw new Error('ENOENT')
  }
  expect(holderOf(path, fail)).toEqual({ state: 'unknown' })
})

test('does not know the holder if the list has another device for the same inode', () => {
  const { ino } = statSync(path)
  expect(holderOf(path, () => `1: POSIX  ADVISORY  WRITE 4711 fff:fffff:${ino} 0 EOF\n`)).toEqual({ state: 'unknown' })
  expect(holderOf(path, () => `1: POSIX  ADVISORY  READ 4711 fff:fffff:${ino} 0 EOF\n`)).toEqual({ state: 'free' })
  expect(holderOf(path, () => `1: POSIX  ADVISORY  WRITE 4711 fff:fffff:${ino}0 0 EOF\n`)).toEqual({ state: 'free' })
})
