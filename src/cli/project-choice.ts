import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { Config } from './config.ts'
import { shownStore } from './store-address.ts'

interface ProjectChoice {
  /** The project's file. */
  readonly file: string
  /** A sentence that names the file and the place, without secrets. */
  readonly what: string
}

/** What of a configuration a change goes to: `schemas` is where imports are written. */
export type ChangedPart = 'bus' | 'store' | 'schemas'

/**
 * Where a change goes, when the project's file chose that and it is not a file in the folder of the project. What the user
 * chose by a flag, the environment or a file of their own is `undefined`.
 */
export function choiceOfProject(config: Config, file: string, part: ChangedPart): ProjectChoice | undefined {
  const place = { bus: busOf, store: storeOf, schemas: schemasOf }[part](config, file)
  if (place === undefined) return undefined
  if (part === 'schemas') return { file, what: `this goes to ${place}, as "schemas" of ${file} says` }
  const { profile, profiles } = config
  const isHiding = profile !== undefined && profiles.get(profile.value)?.isInBothFiles
  const hiding = isHiding ? ', and your own profile of that name does not count' : ''
  return { file, what: `this goes to ${place}, as profile '${profile?.value}' of ${file} says${hiding}` }
}

const schemasOf = ({ schemas }: Config, file: string): string | undefined =>
  schemas?.from === file ? outside(schemas.value, file) : undefined

function busOf({ bus: { value, from } }: Config, file: string): string | undefined {
  if (from !== file) return undefined
  return value.kind === 'kafka' ? `the brokers ${value.brokers}` : outside(value.folder, file)
}

function storeOf({ store: { value, from }, bus }: Config, file: string): string | undefined {
  // Without a store of its own, a profile has one beside its embedded bus.
  if (from !== file && (from !== 'default' || bus.from !== file || bus.value.kind !== 'embedded')) return undefined
  if (value.kind === 'postgres') return `the event store ${shownStore(value)}`
  return value.kind === 'sqlite' ? outside(value.path, file) : undefined
}

function outside(path: string, file: string): string | undefined {
  const way = relative(realPath(dirname(file)), realPath(path))
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? path : undefined
}

/** Behind links, as far as it is there. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path))
  }
}
