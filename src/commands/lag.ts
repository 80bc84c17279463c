import { Args, Flags } from '@oclif/core'
import { groupFlag, readFlags, timeFlags, topicFlag } from '../cli/base/flags.ts'
import { toDelay } from '../cli/base/parse-flags.ts'
import { arrangeItems, listFlags, parseSort } from '../cli/lists/list-flags.ts'
import { INTERVAL_MS, noGroups, type ScreenChoice, ScreenCommand } from '../cli/screen/screen-command.ts'
import type { NamedBus } from '../operations/bus-identity.ts'
import { measureLag } from '../operations/lag/lag.ts'
import type { LagReport } from '../operations/lag/report.ts'
import { COMMIT_INTERVAL_MS } from '../operations/lag/verdict.ts'
import { countWaiting, type WaitingTypes } from '../operations/lag/waiting-by-type.ts'
import { type LagUpdate, watchLag } from '../operations/lag/watch.ts'
import { formatLag, formatWaiting } from '../ui/format-lag.ts'
import { lagSortColumns } from '../ui/lag/sort-columns.ts'
import { LagWatchLines } from '../ui/lag-watch-lines.ts'
import { type LagDocument, lagDocument, lagNotes } from '../ui/notes/lag-notes.ts'
import { cutMiddle } from '../ui/text/cut-middle.ts'
import { write } from '../ui/text/io.ts'
import { printable } from '../ui/text/printable.ts'

/** The most waiting events of a topic that --by-type reads. */
const MAX_EVENTS_BY_TYPE = 10_000

/** The most cells of a terminal that the name of a group takes in a note. */
const NAME_CELLS = 40

const SHORT_SAMPLE = `note: no group is called stalled, because the sample is shorter than ${COMMIT_INTERVAL_MS / 1000}s, the default commit interval of Kafka's clients`

const VERDICTS = `VERDICT is the worst verdict of the partitions; "stalled 1/3" is that of one of three. From worst to best:
  beyond-the-log   the committed offset is outside the log
  stopped          events wait, and the group has no member that reads them
  stalled          events wait, and nothing was committed during a sample of 5s or more
  rewound          the committed offset moved back during the sample
  held-back        only events behind an open transaction wait
  falling-behind   offsets are committed, but the lag does not shrink
  never-committed  there are events, and nothing was committed
  catching-up      the lag shrinks
  -                events wait and members read; one measurement, or a short sample, shows no more
  ok               nothing waits, or only events that came during the sample`

export default class Lag extends ScreenCommand {
  static override summary = 'Show the lag of consumer groups, in events and in time'
  static override document = 'lag'
  static override description = [
    'LAG is the number of events between the committed offset and the end. AGE is the time since the first of them was written, read from its record. The command only reads, and does not join a group. Partitions are listed with names, --group or --topic, and always with --json. On a terminal, the report names the bus and is in color; a pipe gets plain tables.',
    "The end is the high watermark, as in Kafka's own tools. Consumers that read committed records, such as crbus subscriptions, read up to the last stable offset, where the oldest open transaction begins (lastStable in --json). A notice names a transaction that may hold a group back. LAG does not count events that were deleted before they were read; another notice reports them.",
    'With --sample, the command measures twice and shows how many events per second are published (IN/S) and committed (OUT/S), and the time until nothing waits (CATCH-UP). Choose a duration longer than the commit interval of the group.',
    'With --watch, the command measures repeatedly and shows the live screen of "crbus ui", with keys (? lists them): groups, and after Enter the members and partitions of one group. IN/S, OUT/S, CATCH-UP and VERDICT compare a measurement with the one ten seconds before, or with the last one if --interval is longer. The bars of groups are logarithmic: ten times as many events make a bar one step longer. The bars of partitions are proportional. Without a terminal, the command prints a line for each group and measurement, and with --json a document for each measurement.',
    VERDICTS,
  ].join('\n\n')
  static override strict = false
  static override usage = 'lag [GROUP]...'
  static override args = {
    group: Args.string({ description: 'Only these groups, like --group', ignoreStdin: true }),
  }
  static override examples = [
    '<%= config.bin %> lag',
    "<%= config.bin %> lag 'billing-*' --sort lag:desc --limit 10",
    '<%= config.bin %> lag --group billing --sample 10s',
    "<%= config.bin %> lag --group 'composable-rust-*' --by-type",
    '<%= config.bin %> lag --watch',
    '<%= config.bin %> lag --watch --interval 30s | grep -v verdict=ok',
  ]
  static override flags = {
    ...readFlags,
    ...timeFlags,
    ...listFlags,
    group: groupFlag,
    topic: topicFlag,
    sample: Flags.string({
      description: 'Time between two measurements that show rates, such as 10s',
      helpValue: 'DURATION',
    }),
    'by-type': Flags.boolean({
      description: `Count the waiting events by event type, from the first ${MAX_EVENTS_BY_TYPE} of each topic`,
    }),
    watch: Flags.boolean({
      description: 'Measure repeatedly, on a live screen',
      exclusive: ['sample', 'by-type', 'sort', 'limit'],
    }),
    interval: Flags.string({
      description: `Time between the measurements of --watch (default: ${INTERVAL_MS / 1000}s)`,
      helpValue: 'DURATION',
      dependsOn: ['watch'],
    }),
  }

  protected override readonly namesBus = true

  async run(): Promise<(LagDocument & { readonly waiting?: readonly WaitingTypes[] }) | undefined> {
    const { argv, flags } = await this.parse(Lag)
    const named = [...(argv as string[]), ...(flags.group ?? [])]
    const groups = named.length === 0 ? undefined : named
    const { topic: topics } = flags
    if (flags.watch) return this.#watch({ groups, topics }, toDelay('--interval', flags.interval) ?? INTERVAL_MS)
    const sample = toDelay('--sample', flags.sample)
    const order = await parseSort(flags.sort, lagSortColumns(sample !== undefined))
    const bus = await this.openBus()
    const all = await measureLag(bus, { groups, topics, sample, now: this.context.now, signal: this.signal })
    if (all.groups.length === 0 && this.busExists)
      await this.notice(await this.whyEmpty(bus, 'group', noGroups({ groups, topics })))
    const { shown, notice } = arrangeItems(all.groups, { order, limit: flags.limit, noun: 'groups' })
    const report = { ...all, groups: shown }
    await this.#printReport(report, groups !== undefined || topics !== undefined)
    if (notice !== undefined) await this.notice(notice)
    for (const note of lagNotes(this.#withShortNames(report), this.context.now(), this.timeZone))
      await this.notice(`note: ${note}`)
    const isShort = sample !== undefined && sample < COMMIT_INTERVAL_MS
    if (isShort && report.groups.length > 0) await this.notice(SHORT_SAMPLE)
    const document = lagDocument(report, this.context.now())
    if (!flags['by-type']) return document
    const waiting = await countWaiting(bus, report, { limit: MAX_EVENTS_BY_TYPE, signal: this.signal })
    if (waiting.length > 0) await this.print(`\n${formatWaiting(waiting, this.tableWidth)}`)
    if (waiting.some((one) => BigInt(one.sampled) < one.lag)) {
      await this.notice('EVENTS is a sample: only the first READ of the WAITING events were counted')
    }
    return { ...document, waiting }
  }

  /** Shortens the names of groups for notes on a terminal, where a long name would hide what the note says. */
  #withShortNames({ groups }: LagReport): Pick<LagReport, 'groups'> {
    if (this.tableWidth === undefined) return { groups }
    return { groups: groups.map((group) => ({ ...group, group: cutMiddle(printable(group.group), NAME_CELLS) })) }
  }

  /** Prints tables that programs read, or on a terminal a report for people. Without groups, prints nothing. */
  async #printReport(report: LagReport, partitions: boolean): Promise<void> {
    if (report.groups.length === 0) return
    const { color, stdout } = this.context.io
    if (!stdout.isTTY) return this.print(formatLag(report, { partitions }))
    const { formatLagReport } = await import('../ui/lag/format-report.ts')
    const bus = await this.namedBus()
    await this.print(formatLagReport(report, { color, width: this.tableWidth, bus, partitions }))
  }

  async #watch(choice: ScreenChoice, interval: number): Promise<undefined> {
    if (this.context.io.screen && !this.isJson) {
      const load = () => import('../ui/live/show-screen.tsx')
      await this.showScreen({ ...choice, view: 'groups', interval, load })
      return
    }
    const { now } = this.context
    const updates = watchLag(await this.openBus(), { ...choice, interval, now, signal: this.signal })
    await this.#printLines(updates, noGroups(choice))
  }

  async #printLines(updates: AsyncIterable<LagUpdate>, empty: string): Promise<void> {
    const lines = new LagWatchLines({ isJson: this.isJson, noGroups: empty })
    let bus: NamedBus | undefined
    for await (const update of updates) {
      if (!update.ok) {
        await this.notice(`${new Date(update.time).toISOString()} cannot measure, trying again: ${update.reason}`)
        continue
      }
      if (this.isJson) bus ??= await this.namedBus()
      const { text, notices } = lines.format(update.report, update.time, bus)
      await write(this.context.io.stdout, text, this.signal)
      for (const notice of notices) await this.notice(notice)
    }
  }
}
