import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { UsageError } from '../../cli/errors.ts'
import { run } from '../../cli/suggestions.ts'
import { diffTopologies } from '../../operations/topology/diff.ts'
import { readSnapshot, type TopologySnapshot } from '../../operations/topology/snapshot.ts'
import {
  formatTopologyDiff,
  type TopologyDiffDocument,
  topologyDiffDocument,
} from '../../ui/topology/format-topology-diff.ts'

export default class TopologyDiff extends BaseCommand {
  static override summary = 'Compare two snapshots of the topology'
  static override document = 'topology/diff'
  static override description = [
    'OLD and NEW are files with the output of "crbus topology --json"; - is stdin. The command lists the topics, event types, consumers and flows that were added or removed.',
    'The exit code is 10 if a topic, an event type or a consumer was removed, and 0 otherwise. A flow that was removed does not count, because it may only be rare.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> topology diff topology-main.json topology.json',
    '<%= config.bin %> topology --json | <%= config.bin %> topology diff topology-main.json -',
  ]
  static override args = {
    old: Args.string({ description: 'File with the older snapshot', required: true, ignoreStdin: true }),
    new: Args.string({ description: 'File with the newer snapshot', required: true, ignoreStdin: true }),
  }
  static override flags = {}

  async run(): Promise<TopologyDiffDocument> {
    const { args } = await this.parse(TopologyDiff)
    if (args.old === '-' && args.new === '-') {
      throw new UsageError('only one of the snapshots can be read from stdin', [run('crbus topology diff OLD.json -')])
    }
    const before = await this.#read(args.old)
    const changes = diffTopologies(before, await this.#read(args.new))
    await this.print(formatTopologyDiff(changes, this.context.io.color))
    const document = topologyDiffDocument(args.old, args.new, changes)
    if (document.breaks) this.foundSomething()
    return document
  }

  async #read(path: string): Promise<TopologySnapshot> {
    const { cwd, io } = this.context
    const read = await readSnapshot(path, { cwd, stdin: io.stdin })
    if (!read.ok) throw new UsageError(read.reason, [run('crbus topology --json > topology.json', 'writes a snapshot')])
    return read.snapshot
  }
}
