import { Flags } from '@oclif/core'
import { CHECK_EXITS, CheckCommand, checkFlags } from '../../cli/base/check-command.ts'
import { groupFlag, readFlags, toDuration, topicFlag } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { type Check, checkLag } from '../../operations/lag/check.ts'

export default class CheckLag extends CheckCommand {
  static override summary = 'hold the lag of groups to limits, for CI, cron and monitors'
  static override description = [
    CHECK_EXITS,
    'Above a --max- limit is critical, above a --warn- limit a warning. A group that committed outside the log is critical; one that is not there, or has committed nothing, is unknown. Of several groups the worst counts. Reads only and joins no group.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> check lag --group billing --max-events 1000 --max-age 5m',
    "<%= config.bin %> check lag --group 'composable-rust-*' --max-age 5m --warn-age 1m --format nagios",
  ]
  static override flags = {
    ...readFlags,
    group: groupFlag,
    topic: topicFlag,
    'max-events': Flags.integer({ description: 'most events that may wait', min: 0 }),
    'max-age': Flags.string({ description: 'oldest that a waiting event may be', helpValue: '5m' }),
    'warn-events': Flags.integer({ description: 'warn above so many', min: 0 }),
    'warn-age': Flags.string({ description: 'warn above this age', helpValue: '1m' }),
    ...checkFlags,
  }
  protected readonly checkName = 'lag'

  protected async check(): Promise<Check> {
    const { flags } = await this.parse(CheckLag)
    this.format = flags.format
    const { group: groups, topic: topics } = flags
    const limits = {
      maxEvents: flags['max-events'],
      maxAge: toDuration('--max-age', flags['max-age']),
      warnEvents: flags['warn-events'],
      warnAge: toDuration('--warn-age', flags['warn-age']),
    }
    if (groups === undefined) throw new UsageError('name a group', ["--group billing, or --group '*' for all"])
    if (Object.values(limits).every((limit) => limit === undefined)) {
      throw new UsageError('name a limit', ['--max-events 1000', '--max-age 5m'])
    }
    const bus = await this.openBus(flags)
    return checkLag(bus, { groups, topics, ...limits, now: this.context.now, signal: this.signal })
  }
}
