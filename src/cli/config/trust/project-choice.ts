import type { Config } from '../config.ts'
import { shownStore } from '../store-address.ts'
import { outside } from './outside.ts'

interface ProjectChoice {
  /** The project's file. */
  readonly file: string
  /** A sentence that names the file and the target of the change, without secrets. */
  readonly what: string
}

/** The part of a configuration that a change goes to. `schemas` is the folder or file that imports are written to. */
export type ChangedPart = 'bus' | 'store' | 'schemas'

/**
 * Describes the target of a change if the project's file chose it, by its own profile or by naming a profile of the user,
 * and it is not inside the project's folder. `undefined` if the user chose the target: by a flag, the environment or their
 * own file.
 */
export function choiceOfProject(config: Config, file: string, part: ChangedPart): ProjectChoice | undefined {
  const { profile, profiles, schemas } = config
  const target = targets[part](config, file)
  if (target === undefined) return undefined
  if (part === 'schemas' && !schemas?.isOfProfile) {
    return { file, what: `this goes to ${target}, as "schemas" of ${file} says` }
  }
  const from = config[part]?.from ?? ''
  // No file names the store beside an embedded bus, so the source of the bus counts.
  const isOfProject = isOf(from, file) || (part === 'store' && isOf(config.bus.from, file))
  if (!isOfProject) return { file, what: `this goes to ${target}, as ${file} chooses your profile '${profile?.value}'` }
  const isHiding = profile !== undefined && profiles.get(profile.value)?.isInBothFiles
  const hiding = isHiding ? ', which hides your own profile of that name' : ''
  return { file, what: `this goes to ${target}, as profile '${profile?.value}' of ${file} says${hiding}` }
}

/** Whether a setting comes from a file, or from a variable that the file names: `crbus.json (env:DATABASE_URL)`. */
const isOf = (from: string, file: string): boolean => from === file || from.startsWith(`${file} (`)

/** Whether the project's file chose a setting: by its own profile, or by naming a profile of the user. */
const isChosen = ({ files, profile }: Config, from: string, file: string): boolean =>
  isOf(from, file) || (profile?.from === file && files.some((one) => isOf(from, one)))

function busOf(config: Config, file: string): string | undefined {
  const { value, from } = config.bus
  if (!isChosen(config, from, file)) return undefined
  return value.kind === 'kafka' ? `the brokers ${value.brokers}` : outside(value.folder, file)
}

function schemasOf(config: Config, file: string): string | undefined {
  const { schemas } = config
  if (schemas === undefined) return undefined
  // The key of the user's whole file is the user's choice, also beside a profile that the project names.
  const isChosenHere = schemas.isOfProfile ? isChosen(config, schemas.from, file) : isOf(schemas.from, file)
  return isChosenHere ? outside(schemas.value, file) : undefined
}

function storeOf(config: Config, file: string): string | undefined {
  const { value, from } = config.store
  const { bus } = config
  // The store of a profile without `store` is a file beside the embedded bus.
  const isBeside = from === 'default' && bus.value.kind === 'embedded' && isChosen(config, bus.from, file)
  if (!isBeside && !isChosen(config, from, file)) return undefined
  if (value.kind === 'postgres') return `the event store ${shownStore(value)}`
  return value.kind === 'sqlite' ? outside(value.path, file) : undefined
}

/** Returns the target of a change to each part; `undefined` if the user chose it, or if it is inside the project's folder. */
const targets: Readonly<Record<ChangedPart, (config: Config, file: string) => string | undefined>> = {
  bus: busOf,
  store: storeOf,
  schemas: schemasOf,
}
