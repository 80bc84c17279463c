import { BaseCommand } from '../../cli/base/base-command.ts'
import { nameProfile } from '../../cli/config/choose-profile.ts'
import { readConfigFiles } from '../../cli/config/find-config-files.ts'
import { type ListedProfile, listProfiles, securityWords } from '../../cli/profiles/shown-profile.ts'
import { formatTable } from '../../ui/text/table.ts'

export default class ProfileList extends BaseCommand {
  static override summary = 'List the profiles of crbus.json and of your own file'
  static override document = 'profile/list'
  static override description =
    'A star marks the current profile. A project can have a profile with the name of one of yours, which is then hidden. Passwords are not shown.'
  static override examples = ['<%= config.bin %> profile list', '<%= config.bin %> profile list --json']
  static override flags = {}

  async run(): Promise<{ readonly profiles: readonly ListedProfile[] }> {
    await this.parse(ProfileList)
    const files = await readConfigFiles(this.context)
    // The list also helps a user whose current profile does not exist.
    const current = await nameProfile(files, {}, this.context)
    const profiles = listProfiles(files, current?.value)
    if (profiles.length === 0) await this.notice('there are no profiles; "crbus profile create" adds one')
    const isMissing = current !== undefined && !profiles.some(({ name }) => name === current.value)
    if (isMissing) await this.notice(`${current.from} names profile '${current.value}', which is not defined`)
    await this.print(formatTable(['CURRENT', 'NAME', 'BUS', 'SECURITY', 'GUARD', 'FILE'], profiles.map(rowOf)))
    return { profiles }
  }
}

function rowOf(profile: ListedProfile): string[] {
  const { name, bus, guard, file, isCurrent, isHidden } = profile
  return [
    isCurrent ? '*' : '',
    name,
    bus === undefined ? '' : bus.kind === 'kafka' ? bus.brokers : bus.folder,
    securityWords(profile),
    guard?.kind ?? '',
    isHidden ? `${file} (hidden)` : file,
  ]
}
