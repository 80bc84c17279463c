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
 * Where a change goes, when the project's file chose that and it is not a file in the folder of the project: by a profile
 * of its own, or by naming one of the user's. What the user chose by a flag, the environment or a file of their own is
 * `undefined`.
 */
export function choiceOfProject(config: Config, file: string, part: ChangedPart): ProjectChoice | undefined {
  const { profile, profiles, schemas } = config
  if (part === 'schemas') {
    const folder = schemas?.from === file ? outside(schemas.value, file) : undefined
    return folder === undefined ? undefined : { file, what: `this goes to ${folder}, as "schemas" of ${file} says` }
  }
  const place = (part === 'bus' ? busOf : storeOf)(config, file)
  if (place === undefined) return undefined
  const { from } = config[part]
  // The store beside an embedded bus has no file that says so.
  const isOfProject = isOf(from, file) || (part === 'store' && isOf(config.bus.from, file))
  if (!isOfProject) return { file, what: `this goes to ${place}, as ${file} chooses your profile '${profile?.value}'` }
  const isHiding = profile !== undefined && profiles.get(profile.value)?.isInBothFiles
  const hiding = isHiding ? ', and your own profile of that name does not count' : ''
  return { file, what: `this goes to ${place}, as profile '${profile?.value}' of ${file} says${hiding}` }
}

/** A setting is from a file, or from a variable that the file names: `crbus.json (env:DATABASE_URL)`. */
const isOf = (from: string, file: string): boolean => from === file || from.startsWith(`${file} (`)

/** Whether the project's file chose it: it is of a profile there, or of the profile that it names. */
const isChosen = ({ files, profile }: Config, from: string, file: string): boolean =>
  isOf(from, file) || (profile?.from === file && files.some((one) => isOf(from, one)))

function busOf(config: Config, file: string): string | undefined {
  const { value, from } = config.bus
  if (!isChosen(config, from, file)) return undefined
  return value.kind === 'kafka' ? `the brokers ${value.brokers}` : outside(value.folder, file)
}

function storeOf(config: Config, file: string): string | undefined {
  const { value, from } = config.store
  const { bus } = config
  // Without a store of its own, a profile has one beside its embedded bus.
  const isBeside = from === 'default' && bus.value.kind === 'embedded' && isChosen(config, bus.from, file)
  if (!isBeside && !isChosen(config, from, file)) return undefined
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
