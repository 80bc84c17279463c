import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { flag, run, shellWord } from '../suggestions.ts'
import type { BusFlags, ChosenProfile, ConfigSurroundings } from './config.ts'
import type { ConfigFile, Profile } from './config-file.ts'
import { CHOICES_FILE, PROJECT_FILE, userFile } from './find-config-files.ts'
import type { Setting } from './setting.ts'

/** How many profiles an error suggests if none has a name like the given one. */
const MAX_SUGGESTIONS = 5

/** The source of a profile that `crbus profile use` has chosen. */
export const PROFILE_USE = 'crbus profile use'

/** Returns the key under which the choice of a profile is stored: the path of the project's file, or `''` outside projects. */
export const choiceKey = (found: readonly ConfigFile[]): string =>
  found.find(({ origin }) => origin === 'project')?.path ?? ''

/** Returns the name of the profile in force, which may be undefined in all files. `resolveConfig` documents the order. */
export async function nameProfile(
  found: readonly ConfigFile[],
  flags: BusFlags,
  { env, stateFolder }: ConfigSurroundings,
): Promise<Setting<string> | undefined> {
  if (flags.profile !== undefined) return { value: flags.profile, from: '--profile' }
  if (env.CRBUS_PROFILE) return { value: env.CRBUS_PROFILE, from: 'CRBUS_PROFILE' }
  if (stateFolder !== undefined && existsSync(join(stateFolder, CHOICES_FILE))) {
    const { readChoice } = await import('../profiles/choices.ts')
    const value = readChoice(stateFolder, choiceKey(found))
    if (value !== undefined) return { value, from: PROFILE_USE }
  }
  const file = found.find(({ profile }) => profile !== undefined)
  return file?.profile === undefined ? undefined : { value: file.profile, from: file.path }
}

/** Returns the profile in force. `UsageError` if it is not defined; `why` explains a file that is ignored. */
export async function chooseProfile(
  found: readonly ConfigFile[],
  defined: readonly Profile[],
  flags: BusFlags,
  surroundings: ConfigSurroundings,
  why: (ignored: ConfigFile) => string,
): Promise<ChosenProfile | undefined> {
  const named = await nameProfile(found, flags, surroundings)
  if (named === undefined) return undefined
  const { value: name, from } = named
  // A profile comes from one file as a whole: the user's password must not go to brokers that a project names.
  const profile = defined.find((one) => one.name === name)
  if (profile !== undefined) return { profile, from }
  const forget = from === PROFILE_USE ? [run('crbus profile use --unset', 'forgets the choice')] : []
  const ignored = found.find((file) => file.ignored !== undefined)
  if (ignored !== undefined) {
    throw new UsageError(`${from} names profile '${name}', which is not defined, and ${why(ignored)}`, forget)
  }
  if (found.length === 0) {
    const searched = `there is no ${PROJECT_FILE} in ${surroundings.cwd} or above, and no ${userFile(surroundings)}`
    throw new UsageError(`${from} names profile '${name}', but ${searched}`, forget)
  }
  const names = [...new Set(defined.map((one) => one.name))]
  const { namesLike } = await import('../../bus/names/names-like.ts')
  const [near] = namesLike(name, names)
  throw new UsageError(
    `${from} names profile '${name}', which ${found.map(({ path }) => path).join(' and ')} ${found.length === 1 ? 'does' : 'do'} not define`,
    [
      ...(near === undefined ? names.slice(0, MAX_SUGGESTIONS) : [near]).map((one) =>
        flag(`--profile ${shellWord(one)}`),
      ),
      ...forget,
    ],
  )
}
