import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { applyEdits, type JSONPath, modify } from 'jsonc-parser'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { parseConfigFile } from '../config/config-file.ts'
import { readJsonFile } from '../config/read-json-file.ts'
import { UsageError } from '../errors.ts'
import type { ProfileKeys } from './profile-keys.ts'

/** What an edit does to a profile. */
export type ProfileChange = 'added' | 'replaced' | 'unchanged'

/** An edit of the user's file, ready to be written. */
export interface FileEdit<Change> {
  readonly change: Change
  /** The file after the edit. Keeps the order of keys, white space and everything that the edit does not concern. */
  readonly text: string
}

/** The content of a file without profiles. */
const EMPTY = '{}\n'

/**
 * Adds a profile to the user's file or replaces it there, and creates the file, readable only by the user, if it does not exist.
 * Throws `UsageError` if the file is invalid before or after the change, and `REFUSED` if it is not writable.
 */
export function setProfile(path: string, name: string, profile: ProfileKeys): ProfileChange {
  const { change, text } = planProfile(path, name, profile)
  if (change !== 'unchanged') writeUserFile(path, text)
  return change
}

/** Computes the change of {@link setProfile} without writing. `before` is the text that earlier edits made of the file. */
export function planProfile(
  path: string,
  name: string,
  profile: ProfileKeys,
  before = readUserFile(path),
): FileEdit<ProfileChange> {
  const keys = JSON.parse(JSON.stringify(profile)) as ProfileKeys
  const current = profilesOf(before, path)[name]
  if (isDeepStrictEqual(current, keys)) return { change: 'unchanged', text: before }
  const text = edited(before, ['profiles', name], keys)
  parseConfigFile(parseText(text), path, 'user')
  return { change: current === undefined ? 'added' : 'replaced', text }
}

/**
 * Removes a profile from the user's file, and the key `profile` if it names this profile: a file that names a missing profile would
 * make every command fail.
 */
export function removeProfile(path: string, name: string): 'removed' | 'unchanged' {
  const { change, text } = planRemoval(path, name)
  if (change === 'removed') writeUserFile(path, text)
  return change
}

/** Computes the change of {@link removeProfile} without writing. */
export function planRemoval(path: string, name: string): FileEdit<'removed' | 'unchanged'> & { isDefault: boolean } {
  const before = readUserFile(path)
  const isDefault = (parseText(before) as { readonly profile?: unknown }).profile === name
  if (profilesOf(before, path)[name] === undefined) return { change: 'unchanged', text: before, isDefault }
  const text = edited(before, ['profiles', name], undefined)
  return { change: 'removed', text: isDefault ? edited(text, ['profile'], undefined) : text, isDefault }
}

/** Writes the user's file completely or not at all. Throws `REFUSED` if it is not writable. */
export function writeUserFile(path: string, text: string): void {
  try {
    writeWhole(path, text, { mode: 0o600, folderMode: 0o700, isDurable: true })
  } catch (error) {
    throw fileRefused('the configuration file', path, error, [])
  }
}

/** Returns the text of the user's file; that of an empty object if it does not exist. Throws `UsageError` for an invalid file. */
export function readUserFile(path: string): string {
  if (!existsSync(path)) return EMPTY
  parseConfigFile(readJsonFile(path), path, 'user')
  return readFileSync(path, 'utf8')
}

/** Returns the profiles of the user's file by name. */
export const profilesIn = (path: string): Readonly<Record<string, ProfileKeys>> => profilesOf(readUserFile(path), path)

/** Parses the text of a configuration file, which may begin with a byte order mark. */
export const parseText = (text: string): unknown => JSON.parse(text.replace(/^\ufeff/, ''))

/** Returns the profiles of a text that was checked. */
function profilesOf(text: string, path: string): Readonly<Record<string, ProfileKeys>> {
  const content = parseText(text) as { readonly profiles?: Record<string, ProfileKeys> } | null
  if (typeof content !== 'object' || content === null) throw new UsageError(`${path}: the file must be an object`)
  const { profiles = {} } = content
  return Object.assign(Object.create(null), profiles)
}

/** Sets a key of a JSON text, or removes it if the value is `undefined`. */
function edited(text: string, path: JSONPath, value: unknown): string {
  const [mark = ''] = /^\ufeff/.exec(text) ?? []
  const json = text.slice(mark.length)
  const tabSize = /\n( +)"/.exec(json)?.[1]?.length ?? 2
  const insertSpaces = !/\n\t+"/.test(json)
  const eol = json.includes('\r\n') ? '\r\n' : '\n'
  const options = { formattingOptions: { insertSpaces, tabSize, eol } }
  return mark + applyEdits(json, modify(json, path, value, options))
}
