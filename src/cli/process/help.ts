import { Help, type Interfaces } from '@oclif/core'

/** Help of a topic without commands, such as `crbus help json`: leaves out the usage line, which would name a missing command. */
export default class CrbusHelp extends Help {
  protected override formatTopic(topic: Interfaces.Topic): string {
    const isPage = !this.config.commandIDs.some((id) => id.startsWith(`${topic.name}:`))
    if (!isPage) return super.formatTopic(topic)
    const [summary = '', ...body] = (topic.description ?? '').split('\n')
    return `${this.render(summary)}\n\n${this.render(body.join('\n'))}\n`
  }
}
