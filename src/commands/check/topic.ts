import { Args, Flags } from '@oclif/core'
import { CHECK_EXITS, CheckCommand, checkFlags } from '../../cli/base/check-command.ts'
import { readFlags } from '../../cli/base/flags.ts'
import { toDuration } from '../../cli/base/parse-flags.ts'
import type { Check } from '../../operations/check/check.ts'
import { checkTopicState } from '../../operations/check/check-topic.ts'

export default class CheckTopic extends CheckCommand {
  static override summary = 'Check a topic against expectations, for CI, cron and monitoring'
  static override description = [
    CHECK_EXITS,
    'An expectation that does not hold is critical. With --replication, replicas that are out of sync are a warning. The command only reads, and does not join a group.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> check topic order-events --exists',
    '<%= config.bin %> check topic order-events --partitions 6 --replication 3 --max-silence 10m',
  ]
  static override args = { topic: Args.string({ description: 'Topic to check', required: true, ignoreStdin: true }) }
  static override flags = {
    ...readFlags,
    exists: Flags.boolean({ description: 'Expect that the topic exists (always checked)' }),
    partitions: Flags.integer({ description: 'Expect this many partitions', min: 1, helpValue: 'NUMBER' }),
    replication: Flags.integer({
      description: 'Expect this many replicas of each partition',
      min: 1,
      helpValue: 'NUMBER',
    }),
    'max-silence': Flags.string({
      description: 'Expect an event within this time, such as 10m',
      helpValue: 'DURATION',
    }),
    ...checkFlags,
  }
  protected readonly checkName = 'topic'

  protected async check(): Promise<Check> {
    const { args, flags } = await this.parse(CheckTopic)
    this.format = flags.output
    const { partitions, replication } = flags
    const maxSilence = toDuration('--max-silence', flags['max-silence'])
    const bus = await this.openBus()
    const { now } = this.context
    const expected = { topic: args.topic, partitions, replication, maxSilence, now, signal: this.signal }
    return checkTopicState(bus, expected)
  }
}
