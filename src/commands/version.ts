import { BaseCommand } from '../cli/base/base-command.ts'
import { nodeVersion } from '../cli/process/node-version.ts'

/** What `crbus version --json` prints. */
interface VersionDocument {
  readonly version: string
  readonly node: string
  readonly platform: string
}

export default class Version extends BaseCommand {
  static override summary = 'Print the versions of crbus and Node, like --version'
  static override document = 'version'
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version --json']
  static override flags = {}

  async run(): Promise<VersionDocument> {
    await this.parse(Version)
    const { name, version, platform, arch } = this.config
    await this.print(`${name}/${version} node-${nodeVersion}\n`)
    return { version, node: nodeVersion, platform: `${platform}-${arch}` }
  }
}
