import { join, relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { ScaffoldCommand, type Scaffolded } from '../../cli/base/scaffold-command.ts'
import { templateFlags } from '../../cli/base/scaffold-flags.ts'
import { spellings } from '../../scaffold/name.ts'
import { refuseLink } from '../../scaffold/plan/target.ts'

/** The command that users usually run after this one. */
const NEXT_COMMAND = 'crbus new aggregate order --event OrderPlaced:order_id=uuid,total=money'

export default class NewService extends ScaffoldCommand {
  static override summary = 'Create a service that runs aggregates and sagas'
  static override description =
    'Creates a folder with the code that runs aggregates and sagas, checks, CI, a compose file for Redpanda and Postgres, and crbus.json, whose default profile is the embedded bus in .crbus. Existing files that differ are shown and not changed.'
  static override examples = [
    '<%= config.bin %> new service shop',
    '<%= config.bin %> new service shop --lang rust --dry-run',
  ]
  static override args = { name: Args.string({ description: 'Name of the service and its folder', ignoreStdin: true }) }
  static override flags = {
    ...templateFlags,
    crbus: Flags.string({
      description: 'Version or location of crbus for package.json, such as file:../crbus (default: this version)',
      helpValue: 'VERSION',
    }),
  }

  async run(): Promise<Scaffolded> {
    const { args, flags } = await this.parse(NewService)
    const name = await this.name(args.name, flags, 'service', 'crbus new service shop')
    const root = join(this.context.cwd, spellings.kebab(name))
    refuseLink(root)
    const lang = flags.lang ?? (await this.#language(flags.yes))
    const template = await this.template('service', lang, flags)
    const answers = await this.answers(template, flags)
    const crbus = flags.crbus ?? this.#crbusDependency(root)
    const result = await this.write(this.plan(template, root, { name, lang, crbus, ...answers }), flags)
    await this.finish(template, root, result, flags)
    if (result.written.length > 0) {
      for (const line of ['', 'Next:', `  cd ${spellings.kebab(name)}`, `  ${NEXT_COMMAND}`]) await this.notice(line)
    }
    return result
  }

  async #language(yes: boolean): Promise<'ts' | 'rust'> {
    if (!this.asks({ yes })) return 'ts'
    const choices = [
      { value: 'ts', label: 'TypeScript' },
      { value: 'rust', label: 'Rust' },
    ]
    return (await this.asker.oneOf('Which language?', choices, 'ts')) as 'ts' | 'rust'
  }

  /** Returns the version of crbus for package.json: a range for an installed crbus, the path of a checkout otherwise. */
  #crbusDependency(root: string): string {
    const { root: own, version } = this.config
    if (own.split(/[\\/]/).includes('node_modules')) return `^${version}`
    return `file:${relative(root, own).replaceAll('\\', '/')}`
  }
}
