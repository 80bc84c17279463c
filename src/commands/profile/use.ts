import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags } from '../../cli/base/flags.ts'
import { choiceKey, nameProfile, PROFILE_USE } from '../../cli/config/choose-profile.ts'
import { readConfigFiles } from '../../cli/config/find-config-files.ts'
import type { Setting } from '../../cli/config/setting.ts'
import { UsageError } from '../../cli/errors.ts'
import { readChoice, saveChoice } from '../../cli/profiles/choices.ts'
import { noProfile } from '../../cli/profiles/no-profile.ts'
import { flag, run } from '../../cli/suggestions.ts'
import { listed } from '../../ui/text/listed.ts'
import { printable } from '../../ui/text/printable.ts'

/** The most profiles that an error names. */
const MAX_NAMES = 10

/** The `--json` document. */
interface UseDocument {
  /** The profile in force after the command, or, if nothing was applied, the one that is in force. */
  readonly profile: Setting<string> | undefined
  readonly project: string | undefined
  readonly applied: boolean
}

export default class ProfileUse extends ChangeCommand {
  static override summary = 'Choose the current profile'
  static override document = 'profile/current'
  static override description =
    'The choice applies to the project around the working directory, or to all folders outside projects. It is stored in your state folder, not in crbus.json, so it does not change the project. --profile and CRBUS_PROFILE override it.'
  static override examples = ['<%= config.bin %> profile use staging', '<%= config.bin %> profile use --unset']
  static override args = { name: Args.string({ description: 'Profile to use', ignoreStdin: true }) }
  static override flags = {
    'dry-run': changeFlags['dry-run'],
    unset: Flags.boolean({ description: 'Forget the choice; the key "profile" of the files decides again' }),
  }

  async run(): Promise<UseDocument> {
    const { args, flags } = await this.parse(ProfileUse)
    const { stateFolder } = this.context
    const isUnset = flags.unset ?? false
    const files = await readConfigFiles(this.context)
    const defined = files.flatMap(({ profiles }) => [...profiles.values()])
    if ((args.name === undefined) !== isUnset) {
      const names = [...new Set(defined.map(({ name }) => name))]
      const known = names.length === 0 ? '' : `. Profiles: ${listed(names, MAX_NAMES)}`
      throw new UsageError(isUnset ? '--unset takes no name' : `crbus profile use needs a profile${known}`, [
        run('crbus profile list'),
        flag('--unset', 'forgets the choice'),
      ])
    }
    if (args.name !== undefined && !defined.some(({ name }) => name === args.name)) throw noProfile(args.name, defined)
    const key = choiceKey(files)
    const where = key === '' ? 'outside projects' : `in the project of ${key}`
    const after = args.name === undefined ? 'the choice is forgotten' : `the current profile is '${args.name}'`
    const inForce = () => nameProfile(files, {}, this.context)
    const change = await this.carryOut({
      plan: { profile: await inForce(), project: key === '' ? undefined : key },
      shown: flags['dry-run'] ? `${printable(`${where}, ${after}`)}\n` : '',
      name: args.name ?? key,
      isNothing: readChoice(stateFolder, key) === args.name,
      apply: async () => {
        saveChoice(stateFolder, key, args.name)
        return { profile: await inForce() }
      },
      done: () => `${where}, ${after}`,
    })
    await this.#noteOverride(await inForce(), args.name)
    return change
  }

  /** Prints a notice if another source decides which profile is in force. */
  async #noteOverride(inForce: Setting<string> | undefined, chosen: string | undefined): Promise<void> {
    if (inForce === undefined || (chosen !== undefined && inForce.from === PROFILE_USE)) return
    await this.notice(`note: ${inForce.from} chooses profile '${inForce.value}'`)
  }
}
