import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { keyOfBus, NamesCache } from '../../../../src/cli/completion/names-cache.ts'

let folder: string
let cache: NamesCache

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-names-'))
  cache = new NamesCache(folder)
})

describe('NamesCache', () => {
  test('keeps names of each kind until they are replaced', () => {
    cache.write('a', { topics: ['order-events'], groups: ['billing'] })
    cache.write('a', { topics: ['stock-events'] })
    expect(cache.read('a')).toEqual({ topics: ['stock-events'], groups: ['billing'], eventTypes: undefined })
    expect(cache.read('b')).toEqual({})
    expect([cache.has('a'), cache.has('b')]).toEqual([true, false])
  })

  test('is readable by the user only', () => {
    cache.write('a', { topics: ['order-events'] })
    const [file = ''] = readdirSync(join(folder, 'names'))
    expect(statSync(join(folder, 'names', file)).mode & 0o077).toBe(0)
  })

  test('leaves out names that are too long, and all but the first 5000', () => {
    cache.write('a', { topics: ['x'.repeat(250), ...Array.from({ length: 6000 }, (_, n) => `t-${n}`)] })
    expect(cache.read('a').topics).toHaveLength(5000)
    expect(cache.read('a').topics?.[0]).toBe('t-0')
  })

  test('reads no names from a damaged file', () => {
    cache.write('a', { topics: ['order-events'] })
    const [file = ''] = readdirSync(join(folder, 'names'))
    for (const text of ['{', '{"topics":"x"}', '{"topics":[1]}', '[]']) {
      writeFileSync(join(folder, 'names', file), text)
      expect(cache.read('a').topics ?? []).toEqual([])
    }
  })

  test('starts one refresh of old names at a time', () => {
    const now = Date.now()
    expect(cache.startsRefresh('a', now)).toBe(true)
    expect(cache.startsRefresh('a', now)).toBe(false)
    expect(cache.startsRefresh('a', now + 60_000)).toBe(true)
    cache.write('b', { topics: [] })
    expect(cache.startsRefresh('b', Date.now())).toBe(false)
  })

  test('ignores a folder that cannot be created', () => {
    rmSync(folder, { recursive: true })
    writeFileSync(folder, '')
    cache.write('a', { topics: ['order-events'] })
    expect(cache.read('a')).toEqual({})
    expect(cache.startsRefresh('a', Date.now())).toBe(false)
  })
})

test('each bus has names of its own', () => {
  const kafka = { kind: 'kafka', brokers: 'a:9092' } as const
  const keys = [kafka, { ...kafka, brokers: 'b:9092' }, { kind: 'embedded', folder: 'a:9092' } as const].map(keyOfBus)
  expect(new Set(keys).size).toBe(3)
})
