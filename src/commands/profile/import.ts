import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags } from '../../cli/base/flags.ts'
import { findSource, type Tool, tools } from '../../cli/profiles/import/find-source.ts'
import type { ImportNote } from '../../cli/profiles/import/import-profiles.ts'
import type { WrittenProfile } from '../../cli/profiles/written-profile.ts'
import { plural } from '../../ui/text/listed.ts'
import { printable } from '../../ui/text/printable.ts'

/** The `--json` document. */
interface ImportDocument {
  readonly source: string
  readonly profiles: readonly WrittenProfile[]
  readonly notes: readonly ImportNote[]
  readonly applied: boolean
}

/** The most notes that are printed. `--json` has all of them. */
const MAX_NOTES = 100

export default class ProfileImport extends ChangeCommand {
  static override summary = 'Add the profiles of rpk, kaf, kafkactl, kcat or another client'
  static override document = 'profile/change'
  static override description = [
    'Reads brokers, TLS and login, shows the profiles, and writes them to ~/.config/crbus/config.json. Every setting that is not taken over is reported. Without FILE, reads the file of the tool in its usual place; librdkafka stands for the file of any client with librdkafka or Java (client.properties), which has no usual place.',
    'Passwords are not copied: a profile reads its password from an environment variable, and the report names it. --with-secrets copies them.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> profile import rpk --dry-run',
    '<%= config.bin %> profile import librdkafka client.properties --name prod',
  ]
  static override args = {
    tool: Args.string({
      description: 'Tool: rpk, kaf, kafkactl, librdkafka or kcat',
      options: [...tools],
      required: true,
      ignoreStdin: true,
    }),
    file: Args.string({ description: 'File of the tool (default: the usual place)', ignoreStdin: true }),
  }
  static override flags = {
    'dry-run': changeFlags['dry-run'],
    yes: changeFlags.yes,
    only: Flags.string({
      description: 'Only the profile, cluster or context with this name; repeatable',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    name: Flags.string({
      description: 'Name of the new profile, if there is only one (default: its name in the tool, or that of the file)',
      helpValue: 'NAME',
    }),
    'with-secrets': Flags.boolean({ description: 'Copy passwords into the profiles' }),
  }

  async run(): Promise<ImportDocument> {
    const { args, flags } = await this.parse(ProfileImport)
    const [{ importProfiles }, { formatProfilePlan, planProfiles }, { writeUserFile }] = await Promise.all([
      import('../../cli/profiles/import/import-profiles.ts'),
      import('../../cli/profiles/written-profile.ts'),
      import('../../cli/profiles/user-file.ts'),
    ])
    const tool = args.tool as Tool
    const source = findSource(tool, args.file, this.context)
    const { profiles, notes } = importProfiles(tool, source, {
      only: flags.only ?? [],
      name: flags.name,
      withSecrets: flags['with-secrets'] ?? false,
    })
    const path = this.context.userFile
    const planned = planProfiles(path, profiles)
    const changed = planned.profiles.filter(({ change }) => change !== 'unchanged')
    const replacedCount = planned.before.size
    const replacing =
      replacedCount === 0 ? '' : `, ${replacedCount} of which replace${replacedCount === 1 ? 's' : ''} an existing one`
    const title = `From ${printable(source.path)}:\n\n`
    return this.carryOut({
      plan: { source: source.path, profiles: planned.profiles, notes },
      shown: `${title}${formatProfilePlan(planned)}${formatNotes(notes)}`,
      name: path,
      question: `Write ${plural(changed.length, 'profile')}${replacing}?`,
      isNothing: changed.length === 0,
      apply: async () => {
        writeUserFile(path, planned.text)
        return {}
      },
      done: () => `wrote ${plural(changed.length, 'profile')} to ${path}; choose one with: crbus profile use NAME`,
    })
  }
}

function formatNotes(notes: readonly ImportNote[]): string {
  if (notes.length === 0) return ''
  const lines = notes.slice(0, MAX_NOTES).map(({ message }) => printable(message))
  const more = notes.length > MAX_NOTES ? [`and ${notes.length - MAX_NOTES} more`] : []
  return `\n${[...lines, ...more].join('\n')}\n`
}
