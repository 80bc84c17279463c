import { Args } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags } from '../../cli/base/flags.ts'
import { readConfigFiles } from '../../cli/config/find-config-files.ts'
import { UsageError } from '../../cli/errors.ts'
import { noProfile } from '../../cli/profiles/no-profile.ts'
import { shownProfile } from '../../cli/profiles/shown-profile.ts'
import type { WrittenProfile } from '../../cli/profiles/written-profile.ts'
import { hint } from '../../cli/suggestions.ts'

export default class ProfileDelete extends ChangeCommand {
  static override summary = 'Delete a profile from your own file'
  static override document = 'profile/change'
  static override description =
    'Removes the profile from ~/.config/crbus/config.json, and forgets where "crbus profile use" has chosen it. If the file names it as the default profile, that key is removed too. The brokers and the secrets that it names stay as they are.'
  static override examples = ['<%= config.bin %> profile delete staging']
  static override args = { name: Args.string({ description: 'Profile to delete', required: true, ignoreStdin: true }) }
  static override flags = { 'dry-run': changeFlags['dry-run'], yes: changeFlags.yes }

  async run(): Promise<{ readonly profiles: readonly WrittenProfile[]; readonly applied: boolean }> {
    const { name } = (await this.parse(ProfileDelete)).args
    const files = await readConfigFiles(this.context)
    const defined = files.flatMap(({ profiles }) => [...profiles.values()])
    const own = defined.find((one) => one.name === name && one.origin === 'user')
    if (own === undefined) {
      const [other] = defined.filter((one) => one.name === name)
      if (other === undefined) throw noProfile(name, defined)
      throw new UsageError(`profile '${name}' is in the file of the project, ${other.file}`, [
        hint('remove it there with an editor'),
      ])
    }
    const [{ planRemoval, removeProfile }, { formatProfilePlan }, { forgetChoices }] = await Promise.all([
      import('../../cli/profiles/user-file.ts'),
      import('../../cli/profiles/written-profile.ts'),
      import('../../cli/profiles/choices.ts'),
    ])
    const path = this.context.userFile
    const { isDefault } = planRemoval(path, name)
    const profiles = [{ change: 'removed' as const, ...shownProfile(own) }]
    // A project may have a profile of this name, to which a choice then refers.
    const isElsewhere = defined.some((one) => one.name === name && one !== own)
    return this.carryOut({
      plan: { profiles },
      shown: formatProfilePlan({ profiles, before: new Map() }),
      name,
      question: `Delete the profile ${name}?`,
      isNothing: false,
      apply: async () => {
        removeProfile(path, name)
        if (!isElsewhere) forgetChoices(this.context.stateFolder, name)
        return {}
      },
      done: () => `deleted profile ${name}${isDefault ? '; it was the default profile of the file' : ''}`,
    })
  }
}
