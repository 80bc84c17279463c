import { join } from 'node:path'
import { fileRefused } from '../../files/file-refused.ts'
import { CHOICES_FILE } from '../config/find-config-files.ts'
import { readStateFile, writeStateFile } from '../state-file.ts'

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
  try {
    writeStateFile(path, 'profiles', Object.fromEntries(choices))
  } catch (error) {
    throw fileRefused('the file of current profiles', path, error, [])
  }
}

function readChoices(stateFolder: string): ReadonlyMap<string, string> {
  const entries = Object.entries(readStateFile(join(stateFolder, CHOICES_FILE), 'profiles'))
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
