import { Flags } from '@oclif/core'
import { duration } from '../bus/duration.ts'
import { BaseCommand } from '../cli/base-command.ts'
import { busFlags, groupFlag, toDuration, topicFlag } from '../cli/flags.ts'
import { type LagReport, measureLag } from '../operations/lag.ts'
import { countWaiting, type WaitingTypes } from '../operations/lag-types.ts'
import { formatLag, formatWaiting } from '../ui/format-lag.ts'

/** How many of a topic's waiting events are read to count their types. */
const READ_FOR_TYPES = 10_000

const VERDICTS = `VERDICT is the worst of the partitions, worst first:
  beyond-the-log   the committed offset is outside what the log holds
  stopped          events wait and nobody reads them
  stalled          events wait, and nothing was committed during the sample
  rewound          the committed offset moved back during the sample
  falling-behind   commits move, and the lag does not shrink
  never-committed  there are events and nothing was committed
  catching-up      the lag shrinks
  -                events wait and somebody reads: one look cannot tell more
  ok               nothing waits, or only what came during the sample`

export default class Lag extends BaseCommand {
  static override summary = 'show how far groups are behind, in events and in time'
  static override description = [
    'LAG is the events between the committed offset and the end, AGE the time since the first of them was written, read from that record. Reads only and joins no group. Partitions are listed with --group or --topic, and always in --json.',
    'With --sample it looks twice: what is published (IN/S) and committed (OUT/S) a second, and the time until nothing waits (CATCH-UP). Choose one longer than the interval at which the group commits.',
    VERDICTS,
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> lag',
    '<%= config.bin %> lag --group billing --sample 10s',
    "<%= config.bin %> lag --group 'composable-rust-*' --by-type",
  ]
  static override flags = {
    ...busFlags,
    group: groupFlag,
    topic: topicFlag,
    sample: Flags.string({ description: 'look twice, this far apart, for rates', helpValue: '10s' }),
    'by-type': Flags.boolean({
      description: `count the waiting events by event type, by the first ${READ_FOR_TYPES} of a topic`,
    }),
  }

  async run(): Promise<LagReport & { readonly waiting?: readonly WaitingTypes[] }> {
    const { flags } = await this.parse(Lag)
    const { group: groups, topic: topics } = flags
    const sample = toDuration('--sample', flags.sample, duration)
    const bus = await this.openBus(flags)
    const report = await measureLag(bus, { groups, topics, sample, now: this.context.now, signal: this.signal })
    const isEmpty = report.groups.length === 0
    if (isEmpty) await this.notice(groups === undefined ? 'no groups yet' : 'no group has such a name')
    await this.print(formatLag(report, { partitions: groups !== undefined || topics !== undefined }))
    if (!flags['by-type']) return report
    const waiting = await countWaiting(bus, report, { limit: READ_FOR_TYPES, signal: this.signal })
    await this.print(`\n${formatWaiting(waiting)}`)
    if (waiting.some((one) => BigInt(one.read) < one.waiting)) {
      await this.notice('EVENTS are a sample: READ of the WAITING events were counted, the first of each partition')
    }
    return { ...report, waiting }
  }
}
