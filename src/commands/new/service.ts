import { join, relative } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { NewCommand, type Scaffolded, templateFlags } from '../../cli/base/scaffold-command.ts'
import { spellings } from '../../scaffold/name.ts'
import { refuseLink } from '../../scaffold/plan/target.ts'

/** The command that a new service is most often followed by. */
const NEXT = 'crbus new aggregate order --event OrderPlaced:order_id=uuid,total=money'

export default class NewService extends NewCommand {
  static override summary = 'make a service, for aggregates and sagas to be added to'
  static override description =
    'A folder with what runs them, checks, CI, a compose file for Redpanda and Postgres, and crbus.json, whose default profile is the embedded bus in .crbus. Files that are there already and differ are shown, and stay.'
  static override examples = [
    '<%= config.bin %> new service shop',
    '<%= config.bin %> new service shop --lang rust --dry-run',
  ]
  static override args = { name: Args.string({ description: 'name of the service and its folder', ignoreStdin: true }) }
  static override flags = {
    ...templateFlags,
    crbus: Flags.string({
      description: 'where the service gets crbus from, as npm takes it; default: this version',
      helpValue: 'file:dir',
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
    const crbus = flags.crbus ?? this.#source(root)
    const result = await this.write(this.plan(template, root, { name, lang, crbus, ...answers }), flags)
    await this.finish(template, root, result, flags)
    if (result.written.length > 0) {
      for (const line of ['', 'Next:', `  cd ${spellings.kebab(name)}`, `  ${NEXT}`]) await this.notice(line)
    }
    return result
  }

  async #language(yes: boolean): Promise<'ts' | 'rust'> {
    if (!this.asks({ yes })) return 'ts'
    const choices = [
      { value: 'ts', label: 'TypeScript' },
      { value: 'rust', label: 'Rust' },
    ]
    return (await this.asker.oneOf('In which language?', choices, 'ts')) as 'ts' | 'rust'
  }

  /** A version where crbus was installed as one; a checkout of it is used as it is. */
  #source(root: string): string {
    const { root: own, version } = this.config
    if (own.split(/[\\/]/).includes('node_modules')) return `^${version}`
    return `file:${relative(root, own).replaceAll('\\', '/')}`
  }
}
