import { type Command, Help, type Interfaces } from '@oclif/core'

/** The fields of a command that only its help shows. The build keeps them out of oclif's manifest, which every command reads. */
type HelpFields = Pick<Command.Cached, 'flags' | 'description' | 'examples' | 'usage'>

/** The help of crbus. oclif creates it for `--help`, also for `crbus help …`. */
export default class CrbusHelp extends Help {
  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const { readFileSync } = process.getBuiltinModule('node:fs')
    const all = JSON.parse(readFileSync(new URL('help.json', import.meta.url), 'utf8')) as Record<string, HelpFields>
    await super.showCommandHelp({ ...command, ...all[command.id] })
  }

  /** Formats the help of a topic without commands, such as `crbus help json`, without a usage line, which would name a missing command. */
  protected override formatTopic(topic: Interfaces.Topic): string {
    const isPage = !this.config.commandIDs.some((id) => id.startsWith(`${topic.name}:`))
    if (!isPage) return super.formatTopic(topic)
    const [summary = '', ...body] = (topic.description ?? '').split('\n')
    return `${this.render(summary)}\n\n${this.render(body.join('\n'))}\n`
  }
}
