import { Flags } from '@oclif/core'
import { CHECK_EXITS, CheckCommand, checkFlags } from '../../cli/base/check-command.ts'
import { groupFlag, readFlags, topicFlag } from '../../cli/base/flags.ts'
import { toDelay, toDuration } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { flag } from '../../cli/suggestions.ts'
import type { Check } from '../../operations/check/check.ts'
import { checkLag } from '../../operations/check/check-lag.ts'
import { COMMIT_INTERVAL_MS, type LagVerdict, lagVerdicts, oneSnapshotTells } from '../../operations/lag/verdict.ts'

export default class CheckLag extends CheckCommand {
  static override summary = 'Check the lag of consumer groups against limits, for CI, cron and monitoring'
  static override description = [
    CHECK_EXITS,
    'A lag above a --max- limit is critical, above a --warn- limit a warning. A group with a committed offset outside the log is critical, and so is a group without members while events wait for it; --min-members 0 allows that, for groups that run from time to time. A group that does not exist or has committed nothing is unknown. With several groups, the worst status counts. The command only reads, and does not join a group.',
    `From worst to best, the verdicts are ${lagVerdicts.join(', ')}; see "crbus lag --help". Those from stalled on say how offsets move, so a limit that is better than stalled needs two measurements: --sample, of at least ${COMMIT_INTERVAL_MS / 1000}s, because clients of Kafka commit every five seconds by default.`,
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> check lag --group billing --max-events 1000 --max-age 5m',
    "<%= config.bin %> check lag --group 'composable-rust-*' --max-age 5m --warn-age 1m -o nagios",
    '<%= config.bin %> check lag --group billing --max-verdict catching-up --sample 10s --min-members 2',
  ]
  static override picked = ['group']
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
    'max-verdict': Flags.option({ options: lagVerdicts })({
      description: 'Critical if the verdict is worse than this one',
      helpValue: 'VERDICT',
    }),
    'warn-verdict': Flags.option({ options: lagVerdicts })({
      description: 'Warning if the verdict is worse than this one',
      helpValue: 'VERDICT',
    }),
    'min-members': Flags.integer({
      description: 'Critical with fewer members (default: critical without members while events wait)',
      min: 0,
      helpValue: 'NUMBER',
    }),
    sample: Flags.string({
      description: 'Time between two measurements, for verdicts about movement, such as 10s',
      helpValue: 'DURATION',
    }),
    ...checkFlags,
  }
  protected readonly checkName = 'lag'

  protected async check(): Promise<Check> {
    const { flags } = await this.parse(CheckLag)
    this.format = flags.output
    const { group: groups, topic: topics } = flags
    const limits = {
      maxEvents: flags['max-events'],
      maxAge: toDuration('--max-age', flags['max-age']),
      warnEvents: flags['warn-events'],
      warnAge: toDuration('--warn-age', flags['warn-age']),
      maxVerdict: flags['max-verdict'],
      warnVerdict: flags['warn-verdict'],
      minMembers: flags['min-members'],
    }
    const sample = toDelay('--sample', flags.sample)
    if (Object.values(limits).every((limit) => limit === undefined)) {
      throw new UsageError('name a limit', [flag('--max-events 1000'), flag('--max-age 5m')])
    }
    requireSample('--max-verdict', limits.maxVerdict, sample)
    requireSample('--warn-verdict', limits.warnVerdict, sample)
    const bus = await this.openBus()
    return checkLag(bus, { groups, topics, sample, ...limits, now: this.context.now, signal: this.signal })
  }
}

/** Rejects a limit whose worse verdicts two measurements show, if there is one, or the second comes before a group commits. */
function requireSample(name: string, limit: LagVerdict | undefined, sample: number | undefined): void {
  if (limit === undefined || oneSnapshotTells(limit)) return
  const why =
    sample === undefined
      ? 'needs two measurements'
      : `needs a --sample of at least ${COMMIT_INTERVAL_MS / 1000}s, the default commit interval of Kafka's clients`
  if (sample === undefined || sample < COMMIT_INTERVAL_MS)
    throw new UsageError(`${name} ${limit} ${why}`, [flag('--sample 10s'), flag(`${name} stalled`)])
}
