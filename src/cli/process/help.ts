import { type Command, Errors, Help, type Interfaces } from '@oclif/core'
import { HELP_PAGES, JSON_PAGE } from '../help-pages/page-names.ts'
import { commandIds, isAlias } from '../wrong-usage/command-ids.ts'

/** The fields of a command that only its help shows. The build keeps them out of oclif's manifest, which every command reads. */
type HelpFields = Pick<Command.Cached, 'flags' | 'description' | 'examples' | 'usage'>

/** The help of crbus. oclif creates it for `--help`, also for `crbus help …`. */
export default class CrbusHelp extends Help {
  /** Shows the help of a command, a topic, a page or crbus. Suggests similar commands for one that does not exist. */
  override async showHelp(argv: string[]): Promise<void> {
    const page = await readPage(argv)
    if (page !== undefined) {
      this.log(page)
      return
    }
    try {
      await super.showHelp(argv)
    } catch (error) {
      if (!(error instanceof Errors.CLIError) || error instanceof Errors.ExitError) throw error
      const { unknownCommand } = await import('../wrong-usage/unknown-command.ts')
      const end = argv.findIndex((word) => word.startsWith('-'))
      throw unknownCommand(argv.slice(0, end === -1 ? undefined : end), argv, commandIds(this.config.commands))
    }
  }

  /** Shows the help of crbus, and lists the pages about subjects that several commands share. */
  override async showRootHelp(): Promise<void> {
    await super.showRootHelp()
    const { json } = this.config.pjson.oclif.topics ?? {}
    const pages = { ...HELP_PAGES, [JSON_PAGE]: json?.description?.split('\n')[0] }
    const rows = Object.entries(pages).sort(([a], [b]) => (a < b ? -1 : 1))
    this.log(this.section('HELP PAGES (crbus help PAGE)', this.renderList(rows, { indentation: 2, spacer: '\n' })))
    this.log('')
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const { readFileSync } = process.getBuiltinModule('node:fs')
    const all = JSON.parse(readFileSync(new URL('help.json', import.meta.url), 'utf8')) as Record<string, HelpFields>
    const id = this.#ownId(command)
    await super.showCommandHelp({ ...command, id, ...all[id] })
  }

  /** Lists commands without their aliases, which the help of each command names. */
  protected override formatCommands(commands: Command.Loadable[]): string {
    return super.formatCommands(commands.filter((command) => !isAlias(command)))
  }

  /** Returns the id of a command that is found by an alias. */
  #ownId(command: Command.Loadable): string {
    if (!isAlias(command)) return command.id
    return this.config.commands.find((one) => one.aliases?.includes(command.id) && !isAlias(one))?.id ?? command.id
  }

  /** Formats the help of a topic without commands, such as `crbus help json`, without a usage line, which would name a missing command. */
  protected override formatTopic(topic: Interfaces.Topic): string {
    const isPage = !this.config.commandIDs.some((id) => id.startsWith(`${topic.name}:`))
    if (!isPage) return super.formatTopic(topic)
    const [summary = '', ...body] = (topic.description ?? '').split('\n')
    return `${this.render(summary)}\n\n${this.render(body.join('\n'))}\n`
  }
}

/** Returns the text of the page that the words before the first flag name; `undefined` if they name none. */
async function readPage(argv: readonly string[]): Promise<string | undefined> {
  const [name = '', next = '-'] = argv
  if (!Object.hasOwn(HELP_PAGES, name) || !next.startsWith('-')) return undefined
  const [{ loadHelpPage }, { formatHelpPage }] = await Promise.all([
    import('../help-pages/help-pages.ts'),
    import('../help-pages/help-page.ts'),
  ])
  const page = await loadHelpPage(name)
  return page && formatHelpPage(page)
}
