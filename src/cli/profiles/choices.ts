import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { CHOICES_FILE } from '../config/find-config-files.ts'

/** The largest file that is read. A thousand choices of about 100 bytes each take a tenth of this. */
const MAX_FILE_BYTES = 1024 * 1024

/** How many of the latest choices the file keeps: more than any user has projects. */
const MAX_CHOICES = 1000

/** Returns the profile that the user has chosen for a project; `undefined` if there is none. `key` is that of `choiceKey`. */
export const readChoice = (stateFolder: string, key: string): string | undefined => readChoices(stateFolder).get(key)

/** Saves a choice; `undefined` forgets it. Throws `REFUSED` if the state folder is not writable. */
export function saveChoice(stateFolder: string, key: string, profile: string | undefined): void {
  const choices = new Map(readChoices(stateFolder))
  choices.delete(key)
  if (profile !== undefined) choices.set(key, profile)
  writeChoices(stateFolder, choices)
}

/** Forgets all choices of a profile. Returns how many there were. Throws `REFUSED` if the state folder is not writable. */
export function forgetChoices(stateFolder: string, profile: string): number {
  const choices = [...readChoices(stateFolder)]
  const others = choices.filter(([, name]) => name !== profile)
  if (others.length < choices.length) writeChoices(stateFolder, new Map(others))
  return choices.length - others.length
}

function writeChoices(stateFolder: string, choices: ReadonlyMap<string, string>): void {
  const path = join(stateFolder, CHOICES_FILE)
  const profiles = Object.fromEntries([...choices].slice(-MAX_CHOICES))
  const text = `${JSON.stringify({ crbus_profiles: 1, profiles }, undefined, 2)}\n`
  try {
    writeWhole(path, text, { mode: 0o600, folderMode: 0o700 })
  } catch (error) {
    throw fileRefused('the file of current profiles', path, error, [])
  }
}

/** Reads the choices. A missing or invalid file counts as a file without choices. */
function readChoices(stateFolder: string): ReadonlyMap<string, string> {
  try {
    const path = join(stateFolder, CHOICES_FILE)
    const kind = statSync(path)
    if (!kind.isFile() || kind.size > MAX_FILE_BYTES) return new Map()
    const { profiles } = JSON.parse(readFileSync(path, 'utf8')) as { readonly profiles?: object }
    return new Map(Object.entries(profiles ?? {}).filter(([, name]) => typeof name === 'string'))
  } catch {
    return new Map()
  }
}
