import { Flags } from '@oclif/core'
import { groupFlag, readFlags, timeFlags, topicFlag } from '../cli/base/flags.ts'
import { toDelay } from '../cli/base/parse-flags.ts'
import { UsageError } from '../cli/errors.ts'
import { INTERVAL_MS, ScreenCommand } from '../cli/screen/screen-command.ts'
import { run } from '../cli/suggestions.ts'
import { measureLag } from '../operations/lag/lag.ts'
import { type LagDocument, lagDocument } from '../ui/notes/lag-notes.ts'

const views = ['groups', 'topics', 'sagas'] as const

export default class Ui extends ScreenCommand {
  static override summary = 'Watch and operate a bus on a live screen: groups, topics, sagas, events'
  static override document = 'lag'
  static override description = [
    'Shows the groups with their lag, the topics with their events and rates, and the conversations of the sagas that are described here, the most urgent first. Enter opens a row, t shows the events of a row as they come, r resets the offsets of a group or a partition with a plan and an undo file, c copies the command that does the same, and ? lists all keys.',
    'The screen only reads until you confirm a plan. On a protected profile you type the name of the group, and a read-only profile refuses. The changes that were made are also printed when the screen ends.',
    'Needs a terminal. With --json, the command prints one measurement of the groups, as "crbus lag" does; for scripts, "crbus lag --watch" prints lines.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> ui',
    '<%= config.bin %> ui --view topics --profile prod',
    "<%= config.bin %> ui --group 'billing-*' --interval 10s",
  ]
  static override flags = {
    ...readFlags,
    ...timeFlags,
    group: groupFlag,
    topic: topicFlag,
    view: Flags.option({ options: views })({
      description: 'View to begin with: groups, topics or sagas (default: groups)',
      helpValue: 'VIEW',
    }),
    interval: Flags.string({
      description: `Time between two measurements (default: ${INTERVAL_MS / 1000}s)`,
      helpValue: 'DURATION',
    }),
  }

  protected override readonly namesBus = true

  async run(): Promise<LagDocument | undefined> {
    const { flags } = await this.parse(Ui)
    const { group: groups, topic: topics, view = 'groups' } = flags
    const interval = toDelay('--interval', flags.interval) ?? INTERVAL_MS
    if (this.isJson) {
      const { now } = this.context
      const report = await measureLag(await this.openBus(), {
        groups,
        topics,
        sample: undefined,
        now,
        signal: this.signal,
      })
      return lagDocument(report, now())
    }
    if (!this.context.io.screen) {
      throw new UsageError('the live screen needs a terminal', [run('crbus lag --watch', 'prints lines without one')])
    }
    const load = () => import('../ui/live/show-screen.tsx')
    await this.showScreen({ groups, topics, view, interval, load })
    return undefined
  }
}
