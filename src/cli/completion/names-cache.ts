import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../files/write-whole.ts'
import type { BusAddress } from '../config/bus-address.ts'
import type { Config } from '../config/config.ts'
import type { Context } from '../process/context.ts'

/** Names of a bus or a project, as they were when they were last read. */
export interface CachedNames {
  readonly topics?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly eventTypes?: readonly string[] | undefined
}

/** The most names of each kind that the cache keeps: more than a user chooses from by completion. */
const MAX_NAMES = 5000

/** The longest name that the cache keeps: the limit of Kafka for topics. */
const MAX_NAME_CHARS = 249

/** The largest file that is read: three lists of the most and longest names. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/** How old names may be before they are read again, and how long to wait between two attempts. */
const FRESH_MS = 5000

/** Caches the names of topics, groups and event types, so that completion answers without a connection. */
export class NamesCache {
  readonly #folder: string

  constructor(cacheFolder: string) {
    this.#folder = join(cacheFolder, 'names')
  }

  /** Returns the names under a key; none if the file is missing or damaged. */
  read(key: string): CachedNames {
    try {
      const path = this.#path(key)
      if (statSync(path).size > MAX_FILE_BYTES) return {}
      const read = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>
      return { topics: texts(read.topics), groups: texts(read.groups), eventTypes: texts(read.eventTypes) }
    } catch {
      return {}
    }
  }

  /** Whether there are names under a key, of any age. */
  has(key: string): boolean {
    return statSync(this.#path(key), { throwIfNoEntry: false }) !== undefined
  }

  /** Replaces some of the names under a key. Does nothing if the folder is not writable, because the names are only a help. */
  write(key: string, names: CachedNames): void {
    try {
      const text = JSON.stringify({ ...this.read(key), ...mapped(names) })
      writeWhole(this.#path(key), text, { mode: 0o600, folderMode: 0o700 })
    } catch {
      // Without a cache, completion offers no names.
    }
  }

  /** Whether the names under a key are old and no attempt to read them has just begun. Marks the beginning of an attempt. */
  startsRefresh(key: string, now: number): boolean {
    try {
      const marker = `${this.#path(key)}.asked`
      const changed = [this.#path(key), marker].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      if (changed.some((time) => Math.abs(now - time) < FRESH_MS)) return false
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      writeFileSync(marker, '', { mode: 0o600 })
      return true
    } catch {
      return false
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`)
  }
}

/** The key of the names of a bus. */
export const keyOfBus = (bus: BusAddress): string =>
  JSON.stringify(bus.kind === 'kafka' ? ['kafka', bus.brokers, bus.clusterId ?? ''] : ['embedded', bus.folder])

/** Keeps the names that a command has listed on a terminal. A script needs no completion. */
export function rememberNames(
  { cacheFolder, io }: Pick<Context, 'cacheFolder' | 'io'>,
  { bus }: Pick<Config, 'bus'>,
  names: CachedNames,
): void {
  if (io.screen) new NamesCache(cacheFolder).write(keyOfBus(bus.value), names)
}

/** The key of the event types in the schemas of a project. */
export const keyOfSchemas = ({ schemas }: Pick<Config, 'schemas'>, cwd: string): string =>
  JSON.stringify(['schemas', schemas?.value ?? cwd])

const mapped = (names: CachedNames) =>
  Object.fromEntries(
    Object.entries(names).flatMap(([kind, list]: [string, readonly string[] | undefined]) =>
      list === undefined
        ? []
        : [[kind, list.filter((name) => name.length <= MAX_NAME_CHARS).slice(0, MAX_NAMES)] as const],
    ),
  )

const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
