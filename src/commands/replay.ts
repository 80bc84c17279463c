import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { changeFlags, readFlags, timeFlags } from '../cli/base/flags.ts'
import { toDelay } from '../cli/base/parse-flags.ts'
import { toTailRange, toTailTopics } from '../cli/base/tail-flags.ts'
import { UsageError } from '../cli/errors.ts'
import { flag, run } from '../cli/suggestions.ts'
import { onlyTopic } from '../cli/transfer/only-topic.ts'
import { toSpeed } from '../cli/transfer/pace-flags.ts'
import { rangeFlags, toConditions } from '../cli/transfer/range-flags.ts'
import { openReading, toFilter } from '../cli/transfer/reading.ts'
import { TransferCommand, targetFlags } from '../cli/transfer/transfer-command.ts'
import { ratePace, recordedPace } from '../operations/transfer/deliver/pace.ts'
import { tryChanges } from '../operations/transfer/replay/apply.ts'
import { compileChanges } from '../operations/transfer/replay/change.ts'
import { planReplay, randomMaskKey } from '../operations/transfer/replay/plan.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'

export default class Replay extends TransferCommand {
  static override summary = 'Publish past events of a topic again, to the same topic or another one'
  static override document = 'replay'
  static override description = [
    'Appends the events of a range as new ones. Each has the header crbus-replayed-from with the topic, partition and offset that it is from, and a new timestamp unless --keep-timestamps is given. The plan names the consumer groups that will receive the events. The range ends at the current end of the topic, also if the events are appended to the same topic.',
    'Events go to the partition of the original if the target has as many partitions, else to the partition of their key. Events of different partitions are merged by their timestamps.',
    '--set gives a field the value of a CEL expression over the event; --mask replaces text by a pseudonym, the same one for equal texts. Both take data.FIELD, metadata.FIELD and key. The event is encoded again by its schema or codec; an event that cannot be changed ends the command.',
    'A replay that was interrupted continues when the same command is run again: no event is appended twice.',
  ].join('\n\n')
  static override args = {
    topic: Args.string({ description: 'Topic to read', required: true, ignoreStdin: true }),
  }
  static override examples = [
    '<%= config.bin %> replay order-events --from @-1h --to-topic order-events-test',
    "<%= config.bin %> replay order-events --type 'OrderPlaced.*' --speed 10x --max-gap 5s --to-data-dir .crbus",
    '<%= config.bin %> replay order-events --from @-24h --to-profile staging --mask data.email --mask metadata.user_id',
    "<%= config.bin %> replay order-events:0 --from 40:50 --set 'data.total=data.total * 2' --dry-run",
  ]
  static override flags = {
    ...readFlags,
    'to-topic': Flags.string({
      description: 'Topic to append to (default: the same name)',
      helpGroup: 'TARGET',
      helpValue: 'TOPIC',
    }),
    ...targetFlags,
    ...changeFlags,
    ...timeFlags,
    rate: Flags.integer({
      description: 'Most events per second (default: as fast as possible)',
      min: 1,
      exclusive: ['speed'],
      helpGroup: 'PACE',
      helpValue: 'NUMBER',
    }),
    speed: Flags.string({
      description: 'Pace of the original events: 1x, or 10x for ten times as fast',
      helpGroup: 'PACE',
      helpValue: 'FACTOR',
    }),
    'max-gap': Flags.string({
      description: 'With --speed, wait at most this long between two events, such as 5s',
      dependsOn: ['speed'],
      helpGroup: 'PACE',
      helpValue: 'DURATION',
    }),
    'keep-timestamps': Flags.boolean({
      description: 'Keep the timestamps of the records (default: the current time)',
      helpGroup: 'CHANGES',
    }),
    set: Flags.string({
      description: 'Give a field the value of a CEL expression; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'CHANGES',
      helpValue: 'FIELD=EXPRESSION',
    }),
    mask: Flags.string({
      description: 'Replace the text of a field by a pseudonym; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'CHANGES',
      helpValue: 'FIELD',
    }),
    'mask-key': Flags.string({
      description: 'Key of the pseudonyms, for equal ones in several replays (env CRBUS_MASK_KEY; default: random)',
      dependsOn: ['mask'],
      helpGroup: 'CHANGES',
      helpValue: 'KEY',
    }),
    restart: Flags.boolean({ description: 'Begin again instead of continuing a replay that was interrupted' }),
    ...rangeFlags,
  }

  async run() {
    const { args, flags } = await this.parse(Replay)
    const { topic, partitions } = onlyTopic(toTailTopics([args.topic], flags.partition), args.topic)
    const { from, to } = toTailRange(flags, this.context.now())
    const speed = toSpeed(flags.speed)
    const maxGap = toDelay('--max-gap', flags['max-gap'], '5s')
    const conditions = toConditions(flags)
    const { filter } = await toFilter(conditions)
    const reading = await openReading(flags, await this.schemaLocation(), await this.configuration())
    const { set = [], mask = [] } = flags
    const maskKey = flags['mask-key'] ?? this.context.env.CRBUS_MASK_KEY
    const changes = await compileChanges({ set, mask, maskKey: maskKey ?? randomMaskKey(), schemas: reading.schemas })
    if (!changes.ok) {
      const { of, text, reason } = changes
      const example = of === 'set' ? flag("--set 'data.total=data.total * 2'") : flag('--mask data.email')
      throw new UsageError(`--${of} ${text}: ${reason}`, [example, run('crbus help where')])
    }
    const { change } = changes
    const { source, target } = await this.openBoth(flags)
    const plan = await planReplay(source, target, {
      ...{
        kind: 'replay',
        topic,
        target: flags['to-topic'] ?? topic,
        partitions,
        from,
        to,
        conditions,
        filter,
        reading,
      },
      identity: [flags.from, flags.to, flags.partition, args.topic, set, mask, flags['keep-timestamps']],
      stateFolder: join(this.context.stateFolder, 'transfers'),
      restart: flags.restart,
      signal: this.signal,
      onNotice: (notice) => void this.notice(tailNoticeText(notice, this.timeZone)),
    })
    if (plan.continues && mask.length > 0 && maskKey === undefined) {
      throw new UsageError('the interrupted replay used random pseudonyms, which cannot be continued', [
        flag('--restart', 'begins again'),
        flag('--mask-key KEY', 'makes pseudonyms that can be continued'),
      ])
    }
    const options = { filter, reading, change, keepTimestamps: flags['keep-timestamps'] }
    await tryChanges(source.bus, plan, { ...options, signal: this.signal })
    const rate = flags.rate === undefined ? undefined : ratePace(flags.rate)
    const pace = rate ?? (speed === undefined ? undefined : recordedPace(speed, maxGap))
    return this.transfer({ source, target, plan, options: { ...options, pace } })
  }
}
