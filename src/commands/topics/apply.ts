import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, deletionFlag } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { run } from '../../cli/suggestions.ts'
import { applyTopics, deletionsByApply, planTopicsApply, type TopicsApplied } from '../../operations/topics/apply.ts'
import { deletionQuestion } from '../../ui/notes/deletion-notes.ts'
import { topicsApplyDocument } from '../../ui/notes/topic-notes.ts'
import { formatTopicsApply } from '../../ui/topics/format-topics-apply.ts'

type Result = ReturnType<typeof topicsApplyDocument> & { readonly applied: boolean } & Partial<TopicsApplied>

export default class TopicsApply extends ChangeCommand {
  static override summary = 'Create and change the topics that crbus.json declares'
  static override document = 'topics/apply'
  static override description =
    'Compares the topics declared in crbus.json with the topics on the bus and shows a plan: it creates missing topics, adds partitions and changes the retention. It never deletes a topic or a partition. A shorter retention deletes events, which needs its own agreement.'
  static override examples = [
    '<%= config.bin %> topics apply --dry-run',
    '<%= config.bin %> topics apply --brokers localhost:9092 --yes',
  ]
  static override flags = { ...busFlags, ...changeFlags, ...deletionFlag }

  protected override readonly mayPrecedeBus = true

  async run(): Promise<Result> {
    await this.parse(TopicsApply)
    const { topics, files } = await this.configuration()
    const declared = new Map(
      [...topics].map(([topic, { value }]) => {
        const { partitions, replication, retention } = value
        return [topic, { partitions, replication, retention }] as const
      }),
    )
    if (declared.size === 0) {
      const where = files.length === 0 ? 'there is no crbus.json here or above' : `${files.join(' and ')} declare none`
      throw new UsageError(`no topics are declared: ${where}`, [run('crbus new topic order-events')])
    }
    const bus = await this.openBus()
    const plan = await planTopicsApply(bus, declared)
    const deletions = await deletionsByApply(bus, plan, this.context.now())
    const { kind } = await bus.admin.describeCluster()
    const changed = [...plan.create, ...plan.change].map(({ topic }) => topic)
    return this.carryOut({
      plan: topicsApplyDocument(plan, deletions),
      name: changed.join(','),
      shown: formatTopicsApply(plan, deletions, this.tableWidth),
      isNothing: changed.length === 0,
      question: `Change ${changed.length === 1 ? 'this topic' : `these ${changed.length} topics`} on ${kind}?`,
      deletion: deletionQuestion(deletions),
      apply: () => applyTopics(bus, plan),
      done: ({ created, changed: others }) => `created ${created.length}, changed ${others.length}`,
    })
  }
}
