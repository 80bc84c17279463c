import { Flags } from '@oclif/core'
import { CHECK_EXITS, CheckCommand, checkFlags } from '../../cli/base/check-command.ts'
import { groupFlag, readFlags, topicFlag } from '../../cli/base/flags.ts'
import { toDuration } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { flag } from '../../cli/suggestions.ts'
import type { Check } from '../../operations/check/check.ts'
import { checkLag } from '../../operations/check/check-lag.ts'

export default class CheckLag extends CheckCommand {
  static override summary = 'Check the lag of consumer groups against limits, for CI, cron and monitoring'
  static override description = [
    CHECK_EXITS,
    'A lag above a --max- limit is critical, above a --warn- limit a warning. A group with a committed offset outside the log is critical. A group that does not exist or has committed nothing is unknown. With several groups, the worst status counts. The command only reads, and does not join a group.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> check lag --group billing --max-events 1000 --max-age 5m',
    "<%= config.bin %> check lag --group 'composable-rust-*' --max-age 5m --warn-age 1m --format nagios",
  ]
  static override flags = {
    ...readFlags,
    group: groupFlag,
    topic: topicFlag,
    'max-events': Flags.integer({
      description: 'Critical above this many waiting events',
      min: 0,
      helpValue: 'NUMBER',
    }),
    'max-age': Flags.string({
      description: 'Critical above this age of a waiting event, such as 5m',
      helpValue: 'DURATION',
    }),
    'warn-events': Flags.integer({
      description: 'Warning above this many waiting events',
      min: 0,
      helpValue: 'NUMBER',
    }),
    'warn-age': Flags.string({
      description: 'Warning above this age of a waiting event, such as 1m',
      helpValue: 'DURATION',
    }),
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
    if (groups === undefined)
      throw new UsageError('name a group', [flag('--group billing'), flag("--group '*'", 'all groups')])
    if (Object.values(limits).every((limit) => limit === undefined)) {
      throw new UsageError('name a limit', [flag('--max-events 1000'), flag('--max-age 5m')])
    }
    const bus = await this.openBus()
    return checkLag(bus, { groups, topics, ...limits, now: this.context.now, signal: this.signal })
  }
}
