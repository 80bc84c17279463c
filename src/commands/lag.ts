import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { groupFlag, readFlags, toPause, topicFlag } from '../cli/base/flags.ts'
import type { BusFlags } from '../cli/process/context.ts'
import { type LagReport, measureLag } from '../operations/lag/lag.ts'
import type { LagVerdict } from '../operations/lag/verdict.ts'
import { countWaiting, type WaitingTypes } from '../operations/lag/waiting-by-type.ts'
import { type LagWatchLook, watchLag } from '../operations/lag/watch.ts'
import { formatLag, formatWaiting, lagNotes } from '../ui/format-lag.ts'
import { formatLagWatch } from '../ui/format-lag-watch.ts'
import { write } from '../ui/text/io.ts'
import { stringifyJson } from '../ui/text/json.ts'

/** How many of a topic's waiting events are read to count their types. */
const READ_FOR_TYPES = 10_000

/** Milliseconds between two looks of --watch. */
const INTERVAL = 2000

const VERDICTS = `VERDICT is the worst of the partitions, worst first:
  beyond-the-log   the committed offset is outside what the log holds
  stopped          events wait and nobody reads them
  stalled          events wait, and nothing was committed during the sample
  rewound          the committed offset moved back during the sample
  held-back        only what an open transaction holds back waits
  falling-behind   commits move, and the lag does not shrink
  never-committed  there are events and nothing was committed
  catching-up      the lag shrinks
  -                events wait and somebody reads: one look cannot tell more
  ok               nothing waits, or only what came during the sample`

export default class Lag extends BaseCommand {
  static override summary = 'show how far groups are behind, in events and in time'
  static override description = [
    'LAG is the events from the committed offset to the end, AGE the time since the first of them was written, read from that record. Reads only and joins no group. Partitions are listed with --group or --topic, and always in --json.',
    "The end is the high watermark, as in Kafka's own tools. Read-committed consumers, as crbus subscriptions are, read up to the last stable offset, where the oldest open transaction begins (lastStable in --json); a transaction that may hold a group back is named. Events that were deleted unread are not part of LAG and are named too.",
    'With --sample it looks twice: what is published (IN/S) and committed (OUT/S) a second, and the time until nothing waits (CATCH-UP). Choose one longer than the interval at which the group commits.',
    'With --watch it looks again and again, on a screen with keys (? tells which): groups, and on enter the members and partitions of one. IN/S, OUT/S, CATCH-UP and VERDICT compare a look with one ten seconds before, or with the last when --interval is longer. Bars of groups are by figures, a step being ten times as many events; those of partitions are shares of the largest. Where there is no terminal to draw on it prints a line a group and look, with --json a document a look.',
    VERDICTS,
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> lag',
    '<%= config.bin %> lag --group billing --sample 10s',
    "<%= config.bin %> lag --group 'composable-rust-*' --by-type",
    '<%= config.bin %> lag --watch',
    '<%= config.bin %> lag --watch --interval 30s | grep -v verdict=ok',
  ]
  static override flags = {
    ...readFlags,
    group: groupFlag,
    topic: topicFlag,
    sample: Flags.string({ description: 'look twice, this far apart, for rates', helpValue: '10s' }),
    'by-type': Flags.boolean({
      description: `count the waiting events by event type, by the first ${READ_FOR_TYPES} of a topic`,
    }),
    watch: Flags.boolean({ description: 'look again and again, on a screen', exclusive: ['sample', 'by-type'] }),
    interval: Flags.string({
      description: `look so often (default: ${INTERVAL / 1000}s)`,
      helpValue: '2s',
      dependsOn: ['watch'],
    }),
  }

  async run(): Promise<(LagReport & { readonly waiting?: readonly WaitingTypes[] }) | undefined> {
    const { flags } = await this.parse(Lag)
    const { group: groups, topic: topics } = flags
    if (flags.watch) return this.#watch(flags)
    const sample = toPause('--sample', flags.sample)
    const bus = await this.openBus(flags)
    const report = await measureLag(bus, { groups, topics, sample, now: this.context.now, signal: this.signal })
    if (report.groups.length === 0) await this.notice(nothing(flags))
    await this.print(formatLag(report, { partitions: groups !== undefined || topics !== undefined }))
    for (const note of lagNotes(report, this.context.now())) await this.notice(`note: ${note}`)
    if (!flags['by-type']) return report
    const waiting = await countWaiting(bus, report, { limit: READ_FOR_TYPES, signal: this.signal })
    await this.print(`\n${formatWaiting(waiting)}`)
    if (waiting.some((one) => BigInt(one.read) < one.waiting)) {
      await this.notice('EVENTS are a sample: READ of the WAITING events were counted, the first of each partition')
    }
    return { ...report, waiting }
  }

  async #watch(flags: BusFlags & LagChoice & { readonly interval?: string | undefined }): Promise<undefined> {
    const { group: groups, topic: topics } = flags
    const interval = toPause('--interval', flags.interval) ?? INTERVAL
    const { io, now, stop } = this.context
    const quit = new AbortController()
    const signal = AbortSignal.any([this.signal, quit.signal])
    const looks = watchLag(await this.openBus(flags), { groups, topics, interval, now, signal })
    if (!io.screen || this.isJson) return this.#printLooks(looks, flags)
    const { showLag } = await import('../ui/live/show-lag.tsx')
    await showLag(looks, {
      io,
      interval,
      nothing: nothing(flags),
      signal: this.signal,
      onInterrupt: () => stop.request('interrupted'),
    })
    // What is being asked of the bus is not waited for.
    quit.abort()
  }

  /** A line a group, or with --json a document a line. */
  async #printLooks(looks: AsyncIterable<LagWatchLook>, choice: LagChoice): Promise<undefined> {
    let wasEmpty = false
    let judged: ReadonlyMap<string, LagVerdict | undefined> = new Map()
    for await (const look of looks) {
      if (!look.ok) {
        await this.notice(`${new Date(look.time).toISOString()} no look, trying again: ${look.reason}`)
      } else {
        const { time, report } = look
        const isEmpty = report.groups.length === 0
        if (isEmpty && !wasEmpty) await this.notice(nothing(choice))
        wasEmpty = isEmpty
        const text = this.isJson ? `${stringifyJson({ time, ...report })}\n` : formatLagWatch(report, time)
        await write(this.context.io.stdout, text, this.signal)
        // Ages in the notes change with every look: they are said again when the verdict changes.
        const groups = report.groups.filter(({ group, verdict }) => !judged.has(group) || judged.get(group) !== verdict)
        for (const note of lagNotes({ groups }, time)) await this.notice(`note: ${note}`)
        judged = new Map(report.groups.map(({ group, verdict }) => [group, verdict]))
      }
    }
  }
}

/** Said where there is nothing to show. */
function nothing({ group, topic }: LagChoice): string {
  if (topic !== undefined) return 'no such group reads such a topic, or has committed on one'
  return group === undefined ? 'no groups yet' : 'no group has such a name'
}

interface LagChoice {
  readonly group?: readonly string[] | undefined
  readonly topic?: readonly string[] | undefined
}
