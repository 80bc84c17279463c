import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { applyEdits, modify } from 'jsonc-parser'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { readJsonFile } from '../config/read-json-file.ts'

/** The keys of a profile, as in the file. */
export type ProfileKeys = Readonly<Record<string, unknown>>

/** What an edit does to a profile. */
export type ProfileChange = 'added' | 'replaced' | 'unchanged'

/** Sets a profile in the user's file. Creates the file, readable only by the user, if it does not exist. */
export function setProfile(path: string, name: string, profile: ProfileKeys): ProfileChange {
  const { change, text } = planProfile(path, name, profile)
  if (change === 'unchanged') return change
  try {
    writeWhole(path, text, { mode: 0o600, folderMode: 0o700 })
  } catch (error) {
    throw fileRefused('the configuration file', path, error, [])
  }
  return change
}

/** Computes the change of {@link setProfile} without writing. Throws `UsageError` if the file is not JSON. */
export function planProfile(
  path: string,
  name: string,
  profile: ProfileKeys,
): { readonly change: ProfileChange; readonly text: string } {
  const current = profilesIn(path)[name]
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '{}\n'
  if (isDeepStrictEqual(current, profile)) return { change: 'unchanged', text }
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' }
  const edited = applyEdits(text, modify(text, ['profiles', name], profile, { formattingOptions }))
  return { change: current === undefined ? 'added' : 'replaced', text: edited }
}

/** Returns the profiles in a file by name. A file that does not exist has none. */
export function profilesIn(path: string): Readonly<Record<string, ProfileKeys | undefined>> {
  if (!existsSync(path)) return {}
  const { profiles = {} } = (readJsonFile(path) ?? {}) as { readonly profiles?: Record<string, ProfileKeys> }
  return Object.assign(Object.create(null), profiles)
}
