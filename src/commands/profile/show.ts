import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { nameProfile } from '../../cli/config/choose-profile.ts'
import { readConfigFiles } from '../../cli/config/find-config-files.ts'
import { UsageError } from '../../cli/errors.ts'
import { noProfile } from '../../cli/profiles/no-profile.ts'
import { type ListedProfile, listProfiles, rowsOfProfile } from '../../cli/profiles/shown-profile.ts'
import { run } from '../../cli/suggestions.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class ProfileShow extends BaseCommand {
  static override summary = 'Show a profile, without its secrets'
  static override document = 'profile/list'
  static override description =
    'Without NAME, shows the current profile. Flags and the environment may override its settings: "crbus config" shows the settings in force.'
  static override examples = ['<%= config.bin %> profile show', '<%= config.bin %> profile show prod --json']
  static override args = { name: Args.string({ description: 'Profile (default: the current one)', ignoreStdin: true }) }
  static override flags = {}

  async run(): Promise<{ readonly profiles: readonly ListedProfile[] }> {
    const { args } = await this.parse(ProfileShow)
    const files = await readConfigFiles(this.context)
    const current = await nameProfile(files, {}, this.context)
    const wanted = args.name ?? current?.value
    if (wanted === undefined) {
      throw new UsageError('there is no current profile', [run('crbus profile list'), run('crbus profile use NAME')])
    }
    const all = listProfiles(files, current?.value)
    const profile = all.find(({ name, isHidden }) => name === wanted && !isHidden)
    if (profile === undefined) throw noProfile(wanted, all)
    await this.print(formatTable(['SETTING', 'VALUE', 'FROM'], rowsOfProfile(profile)))
    return { profiles: [profile] }
  }
}
