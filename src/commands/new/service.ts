import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { ScaffoldCommand, type Scaffolded } from '../../cli/base/scaffold-command.ts'
import { templateFlags } from '../../cli/base/scaffold-flags.ts'
import { spellings } from '../../scaffold/name.ts'
import { addFile, type ScaffoldPlan } from '../../scaffold/plan/plan.ts'
import { readTarget, refuseLink } from '../../scaffold/plan/target.ts'
import type { Template } from '../../scaffold/template/manifest.ts'
import type { Scope } from '../../scaffold/template/scope.ts'

/** The command that users usually run after this one. */
const NEXT_COMMAND = 'crbus new aggregate order --event OrderPlaced:order_id=uuid,total=money'

export default class NewService extends ScaffoldCommand {
  static override summary = 'Create a service that runs aggregates and sagas'
  static override description =
    'Creates a folder with the code that runs aggregates and sagas, checks, CI, a compose file for Redpanda and Postgres, and crbus.json, whose default profile is the embedded bus in .crbus. crbus is not on the npm registry, so a service in TypeScript gets a copy of the running crbus in vendor/, on which its package.json depends. Existing files that differ are shown and not changed.'
  static override examples = [
    '<%= config.bin %> new service shop',
    '<%= config.bin %> new service shop --lang rust --dry-run',
  ]
  static override args = { name: Args.string({ description: 'Name of the service and its folder', ignoreStdin: true }) }
  static override flags = {
    ...templateFlags,
    crbus: Flags.string({
      description:
        'Archive or folder of crbus to copy into vendor/, or a dependency for package.json such as file:../crbus (default: copy the running crbus)',
      helpValue: 'PATH',
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
    const plan = await this.#planWithCrbus(template, root, { name, lang, ...answers }, flags.crbus)
    const result = await this.write(plan, flags)
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
    const lang = (await this.asker.oneOf('Which language?', choices, 'ts')) as 'ts' | 'rust'
    this.answered({ name: 'lang', isFlag: true, value: lang })
    return lang
  }

  /** Plans the files of the template, and the copy of crbus if package.json depends on it. */
  async #planWithCrbus(
    template: Template,
    root: string,
    scope: Scope,
    given: string | undefined,
  ): Promise<ScaffoldPlan> {
    if (template.lang === 'rust')
      return this.plan(template, root, { ...scope, crbus: given ?? `^${this.config.version}` })
    // Loaded here because a template in Rust does not need it.
    const { crbusDependency } = await import('../../cli/base/crbus-dependency.ts')
    const { value, vendored } = crbusDependency(given, this.context.cwd, this.config.root)
    const plan = this.plan(template, root, { ...scope, crbus: value })
    const isUsed = plan.files.some(({ after }) => typeof after === 'string' && after.includes(value))
    if (vendored === undefined || !isUsed) return plan
    const { path, content } = vendored
    const note = 'the copy of crbus from which npm installs it; commit it with the service'
    return addFile(plan, path, content, readTarget(root, path), [note])
  }
}
