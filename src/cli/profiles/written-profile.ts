import { printable } from '../../ui/text/printable.ts'
import { formatTable } from '../../ui/text/table.ts'
import { parseConfigFile } from '../config/config-file.ts'
import type { ProfileKeys } from './profile-keys.ts'
import { rowsOfProfile, type ShownProfile, shownProfile } from './shown-profile.ts'
import { parseText, planProfile, readUserFile } from './user-file.ts'

/** A profile of the user's file that a command writes or removes, in its `--json` document. */
export interface WrittenProfile extends ShownProfile {
  readonly change: 'added' | 'replaced' | 'unchanged' | 'removed'
}

/** Profiles to write, and the file with all of them. */
export interface ProfilePlan {
  readonly profiles: readonly WrittenProfile[]
  /** The profiles that are replaced, as they are now. */
  readonly before: ReadonlyMap<string, ShownProfile>
  readonly text: string
}

/** Plans to write profiles to the user's file. */
export function planProfiles(path: string, added: ReadonlyMap<string, ProfileKeys>): ProfilePlan {
  const current = readUserFile(path)
  let text = current
  const changes = new Map<string, WrittenProfile['change']>()
  for (const [name, keys] of added) {
    const edit = planProfile(path, name, keys, text)
    changes.set(name, edit.change)
    text = edit.text
  }
  const [old, all] = [current, text].map((content) => parseConfigFile(parseText(content), path, 'user').profiles)
  return {
    text,
    profiles: [...changes].flatMap(([name, change]) => {
      const profile = all?.get(name)
      return profile === undefined ? [] : [{ change, ...shownProfile(profile) }]
    }),
    before: new Map(
      [...changes]
        .filter(([, change]) => change === 'replaced')
        .flatMap(([name]) => {
          const profile = old?.get(name)
          return profile === undefined ? [] : [[name, shownProfile(profile)]]
        }),
    ),
  }
}

/** Formats a plan: for each profile its settings, and those that it replaces. */
export function formatProfilePlan({ profiles, before }: Pick<ProfilePlan, 'profiles' | 'before'>): string {
  return profiles.map((profile) => formatProfile(profile, before.get(profile.name))).join('\n')
}

function formatProfile(profile: WrittenProfile, old: ShownProfile | undefined): string {
  const { name, change, file } = profile
  const title = `profile ${printable(name)} (${change}) in ${printable(file)}`
  if (change === 'unchanged') return `${title}\n`
  const now = valuesOf(profile)
  if (old === undefined) return `${title}\n${formatTable(['SETTING', 'VALUE'], [...now])}`
  const was = valuesOf(old)
  const names = [...new Set([...now.keys(), ...was.keys()])]
  const rows = names.map((key) => [key, now.get(key) ?? '', was.get(key) ?? ''])
  return `${title}\n${formatTable(['SETTING', 'VALUE', 'BEFORE'], rows)}`
}

const valuesOf = (profile: ShownProfile): ReadonlyMap<string, string> =>
  new Map(
    rowsOfProfile(profile)
      .filter(([key]) => key !== 'profile')
      .map(([key = '', value = '']) => [key, value]),
  )
