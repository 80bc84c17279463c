import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, timeFlags } from '../../cli/base/flags.ts'
import { invalidPosition, utcNotice } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { hint } from '../../cli/suggestions.ts'
import { parsePoint } from '../../operations/offsets/offset-grammar.ts'
import { parseTopicChoice } from '../../operations/reset/target.ts'
import { applyTrim, planTrim, type TopicTrimmed } from '../../operations/topics/trim.ts'
import { formatTrim, trimDocument, trimQuestion } from '../../ui/topics/format-trim.ts'

const POSITIONS = `--before takes
  start, end, now, today, yesterday, "10m ago"
  47          an offset
  +100, -100  after the start or before the end of each partition
  @-1h  @1662059631  @2026-11-23  @2026-11-23T10:00:00Z
              a day or time without a zone is UTC`

export default class TopicsTrim extends ChangeCommand {
  static override summary = 'Delete the oldest events of a topic'
  static override document = 'topics/trim'
  static override description = [
    'Deletes the events before a position and keeps the later ones at their offsets. The plan shows the new start of each partition and names the consumer groups that have not read the events. There is no undo.',
    POSITIONS,
  ].join('\n\n')
  static override usage = 'topics trim TOPIC[:PARTITIONS] --before POSITION'
  static override examples = [
    '<%= config.bin %> topics trim order-events --before @-48h --dry-run',
    '<%= config.bin %> topics trim order-events:0,1 --before -1000',
  ]
  static override args = {
    topic: Args.string({
      description: 'Topic, or some of its partitions, such as order-events:0,1',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    ...timeFlags,
    before: Flags.string({
      description: 'Position of the first event to keep; see above',
      required: true,
      helpValue: 'POSITION',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(TopicsTrim)
    const choice = parseTopicChoice(args.topic)
    if (choice === undefined) {
      throw new UsageError(`${args.topic} is neither TOPIC nor TOPIC:PARTITIONS`, [hint('order-events:0,1')])
    }
    const point = parsePoint(flags.before, this.context.now())
    if (!point.ok) throw invalidPosition('--before', point)
    const utc = utcNotice('--before', flags.before)
    if (utc !== undefined) await this.notice(utc)
    const bus = await this.openBus()
    const plan = await planTrim(bus, { ...choice, before: point.spec })
    return this.carryOut({
      plan: trimDocument(plan),
      name: plan.topic,
      shown: formatTrim(plan, this.timeZone, this.tableWidth),
      isNothing: plan.eventCount === 0n,
      question: trimQuestion(plan),
      apply: (): Promise<TopicTrimmed> => applyTrim(bus, plan),
      done: ({ starts }) =>
        `trimmed ${starts.map(({ partition, start }) => `${plan.topic}[${partition}] to ${start}`).join(', ')}`,
    })
  }
}
