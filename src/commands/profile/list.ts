import { Args } from '@oclif/core'
import { nameProfile } from '../../cli/config/choose-profile.ts'
import { readConfigFiles } from '../../cli/config/find-config-files.ts'
import { ListCommand } from '../../cli/lists/list-command.ts'
import { listFlags, parseSort } from '../../cli/lists/list-flags.ts'
import { type ListedProfile, listProfiles, securityWords } from '../../cli/profiles/shown-profile.ts'
import type { ListColumn } from '../../ui/text/list-columns.ts'

const COLUMNS: readonly ListColumn<ListedProfile>[] = [
  { header: 'CURRENT', cell: ({ isCurrent }) => (isCurrent ? '*' : '') },
  { header: 'NAME', cell: ({ name }) => name },
  {
    header: 'BUS',
    cell: ({ bus }) => (bus === undefined ? '' : bus.kind === 'kafka' ? bus.brokers : bus.folder),
  },
  { header: 'SECURITY', cell: securityWords },
  { header: 'GUARD', cell: ({ guard }) => guard?.kind ?? '' },
  { header: 'FILE', cell: ({ file, isHidden }) => (isHidden ? `${file} (hidden)` : file) },
]

export default class ProfileList extends ListCommand {
  static override summary = 'List the profiles of crbus.json and of your own file'
  static override document = 'profile/list'
  static override description =
    'A star marks the current profile. A project can have a profile with the name of one of yours, which is then hidden. Passwords are not shown.'
  static override examples = ['<%= config.bin %> profile list', '<%= config.bin %> profile list --json']
  static override strict = false
  static override usage = 'profile list [NAME]...'
  static override args = {
    name: Args.string({ description: 'Only these profiles; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = { ...listFlags }

  async run(): Promise<{ readonly profiles: readonly ListedProfile[] }> {
    const { argv, flags } = await this.parse(ProfileList)
    const order = await parseSort(flags.sort, COLUMNS)
    const files = await readConfigFiles(this.context)
    // The list also helps a user whose current profile does not exist.
    const current = await nameProfile(files, {}, this.context)
    const profiles = listProfiles(files, current?.value)
    const isMissing = current !== undefined && !profiles.some(({ name }) => name === current.value)
    if (isMissing) await this.notice(`${current.from} names profile '${current.value}', which is not defined`)
    const shown = await this.printList({
      noun: 'profiles',
      items: profiles,
      columns: COLUMNS,
      order,
      limit: flags.limit,
      nameOf: ({ name }) => name,
      patterns: argv as string[],
      whyEmpty: () => 'there are no profiles; "crbus profile create" adds one',
    })
    return { profiles: shown }
  }
}
