import { Args, Flags } from '@oclif/core'
import { CHECK_EXITS, CheckCommand, checkFlags } from '../../cli/base/check-command.ts'
import { readFlags, toDuration } from '../../cli/base/flags.ts'
import { type Check, checkTopicState } from '../../operations/lag/check.ts'

export default class CheckTopic extends CheckCommand {
  static override summary = 'hold a topic to what is expected of it, for CI, cron and monitors'
  static override description = [
    CHECK_EXITS,
    'What is not as expected is critical; with --replication, replicas that are out of sync are a warning. Reads only and joins no group.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> check topic order-events --exists',
    '<%= config.bin %> check topic order-events --partitions 6 --replication 3 --max-silence 10m',
  ]
  static override args = { topic: Args.string({ description: 'topic to check', required: true, ignoreStdin: true }) }
  static override flags = {
    ...readFlags,
    exists: Flags.boolean({ description: 'that it exists, which is always checked' }),
    partitions: Flags.integer({ description: 'so many partitions', min: 1 }),
    replication: Flags.integer({ description: 'so many copies of each partition', min: 1 }),
    'max-silence': Flags.string({ description: 'longest since the newest event was written', helpValue: '10m' }),
    ...checkFlags,
  }
  protected readonly checkName = 'topic'

  protected async check(): Promise<Check> {
    const { args, flags } = await this.parse(CheckTopic)
    this.format = flags.format
    const { partitions, replication } = flags
    const maxSilence = toDuration('--max-silence', flags['max-silence'])
    const bus = await this.openBus(flags)
    const { now } = this.context
    const expected = { topic: args.topic, partitions, replication, maxSilence, now, signal: this.signal }
    return checkTopicState(bus, expected)
  }
}
