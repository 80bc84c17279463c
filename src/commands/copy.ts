import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { changeFlags, readFlags, timeFlags } from '../cli/base/flags.ts'
import { toTailRange, toTailTopics } from '../cli/base/tail-flags.ts'
import { onlyTopic } from '../cli/transfer/only-topic.ts'
import { rangeFlags, toConditions } from '../cli/transfer/range-flags.ts'
import { openReading, toFilter } from '../cli/transfer/reading.ts'
import { TransferCommand, targetFlags } from '../cli/transfer/transfer-command.ts'
import { planReplay } from '../operations/transfer/replay/plan.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'

export default class Copy extends TransferCommand {
  static override summary = 'Copy a topic to another topic or bus, record by record'
  static override document = 'copy'
  static override description = [
    'Appends the records of a topic to another one as they are: with keys, headers, timestamps and partitions. A target that does not exist is created with the same number of partitions. Without TARGET, the topic of another bus has the same name.',
    'The range ends at the current end of the topic. A copy that was interrupted continues when the same command is run again: no record is appended twice.',
    'To publish events again, marked and with new timestamps, use "crbus replay".',
  ].join('\n\n')
  static override args = {
    source: Args.string({ description: 'Topic to read', required: true, ignoreStdin: true }),
    target: Args.string({ description: 'Topic to append to (default: the same name)', ignoreStdin: true }),
  }
  static override examples = [
    '<%= config.bin %> copy order-events order-events-2',
    '<%= config.bin %> copy order-events --profile prod --to-data-dir .crbus',
    '<%= config.bin %> copy order-events --from @-1h --to-profile staging --dry-run',
  ]
  static override flags = {
    ...readFlags,
    ...targetFlags,
    ...changeFlags,
    ...timeFlags,
    restart: Flags.boolean({ description: 'Begin again instead of continuing a copy that was interrupted' }),
    ...rangeFlags,
  }

  async run() {
    const { args, flags } = await this.parse(Copy)
    const { topic, partitions } = onlyTopic(toTailTopics([args.source], flags.partition), args.source)
    const { from, to } = toTailRange(flags, this.context.now())
    const conditions = toConditions(flags)
    const { filter } = await toFilter(conditions)
    const reading = await openReading(flags, await this.schemaLocation(), await this.configuration())
    const { source, target } = await this.openBoth(flags)
    const plan = await planReplay(source, target, {
      ...{ kind: 'copy', topic, target: args.target ?? topic, partitions, from, to, conditions, filter, reading },
      identity: [flags.from, flags.to, flags.partition, args.source],
      stateFolder: join(this.context.stateFolder, 'transfers'),
      restart: flags.restart,
      signal: this.signal,
      onNotice: (notice) => void this.notice(tailNoticeText(notice, this.timeZone)),
    })
    return this.transfer({ source, target, plan, options: { filter, reading, keepTimestamps: true } })
  }
}
