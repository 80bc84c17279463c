import { Chalk } from 'chalk'
import { partitionName } from '../../bus/names/names.ts'
import type { NamedBus } from '../../operations/bus-identity.ts'
import type { GroupLag, LagReport, LagSummary, PartitionLag } from '../../operations/lag/report.ts'
import type { LagVerdict } from '../../operations/lag/verdict.ts'
import { formatBus } from '../profiles/format-bus.ts'
import { cutMiddle } from '../text/cut-middle.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { type Cell, formatTable, tableParts } from '../text/table.ts'
import { linearShare, logarithmicShare } from './bar.ts'
import { type ReportStyle, summaryCells, summaryHeaders } from './report-columns.ts'
import { verdictCell } from './verdict-cell.ts'
import { verdictColors } from './verdict-colors.ts'
import { severityOf } from './verdict-order.ts'

/** The most cells that the id of a member takes without `--wide`. */
const MEMBER_CELLS = 24
/** A narrower terminal has no room for bars beside the numbers. */
const MIN_CELLS_FOR_BARS = 100

export interface LagReportStyle {
  readonly color: boolean
  /** The width of the terminal; `undefined` with `--wide`. */
  readonly width: number | undefined
  /** The measured bus. */
  readonly bus: NamedBus | undefined
  /** Whether to list every partition. */
  readonly partitions: boolean
}

/**
 * Formats a report for a person at a terminal, in the colors of the live screen: the bus, the number of groups with each verdict,
 * and a row for each group, worst first. Below a group that reads several topics is a row for each topic. Every partition is listed
 * on request.
 */
export function* formatLagReport(report: LagReport, style: LagReportStyle): Generator<string> {
  const { color, width, bus, partitions } = style
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const colors = verdictColors(chalk)
  const verdictPaint = (verdict: LagVerdict | undefined) => (verdict === undefined ? chalk.dim : colors[verdict])
  const shown: ReportStyle = {
    isSampled: report.sample !== undefined,
    verdictPaint,
    hasBars: (width ?? MIN_CELLS_FOR_BARS) >= MIN_CELLS_FOR_BARS,
    isWide: width === undefined,
  }
  const named = bus && formatBus(bus, false)
  // As everywhere, the name of a bus that a profile guards is red.
  const paintBus = bus?.guard === undefined ? chalk.dim : chalk.red
  if (named !== undefined) yield `${paintBus(fittedTo(width, `on ${named}`))}\n`
  yield `${verdictCounts(report, verdictPaint)}\n\n`
  yield formatTable(
    [VERDICT, { title: 'GROUP', min: 20 }, ...summaryHeaders(shown), 'STATE', rightAligned('MEMBERS'), 'TOPICS'],
    groupRows(report.groups, shown),
    width,
  )
  if (!partitions) return
  for (const group of report.groups) {
    const members = `${group.state} · ${plural(group.memberCount, 'member')}`
    yield `\n${chalk.bold(fittedTo(width, printable(group.group)))}\n${chalk.dim(members)}\n`
    yield* partitionTable(group, shown, width)
  }
}

const fittedTo = (width: number | undefined, text: string): string =>
  width === undefined ? text : cutMiddle(text, width)

/** Counts the groups and their verdicts: `7 groups · 1 stopped · 6 ok`. */
function verdictCounts({ groups, sample }: LagReport, paint: ReportStyle['verdictPaint']): string {
  const counts = [...Map.groupBy(groups, ({ verdict }) => verdict)].sort(([a], [b]) => severityOf(a) - severityOf(b))
  // A sample that is too short for a verdict has a note of its own.
  const unknown = (count: number) =>
    sample === undefined ? [`${count} without a verdict (--sample 10s gives one)`] : []
  const verdicts = counts.flatMap(([verdict, own]) =>
    verdict === undefined ? unknown(own.length) : [paint(verdict)(`${own.length} ${verdict}`)],
  )
  return [plural(groups.length, 'group'), ...verdicts].join(' · ')
}

function groupRows(groups: readonly GroupLag[], style: ReportStyle): Cell[][] {
  const largest = largestLag(groups)
  const share = ({ lag = 0n }: LagSummary) => logarithmicShare(lag, largest)
  const verdict = (summary: LagSummary, parts: readonly PartitionLag[]): Cell => ({
    text: verdictCell(summary.verdict, parts),
    paint: style.verdictPaint(summary.verdict),
  })
  return groups.flatMap((group) => {
    const { topics, state, memberCount } = group
    const parts = topics.flatMap((topic) => topic.partitions)
    const [first] = topics
    const named = topics.length === 1 && first !== undefined ? first.topic : plural(topics.length, 'topic')
    return [
      [verdict(group, parts), group.group, ...summaryCells(group, share(group), style), state, memberCount, named],
      ...(topics.length < 2
        ? []
        : topics.map((topic) => [
            verdict(topic, topic.partitions),
            `  ${topic.topic}`,
            ...summaryCells(topic, share(topic), style),
            ...BLANK,
          ])),
    ]
  })
}

/** Verdicts are the shortest summary, so they are never shortened. */
const VERDICT = { title: 'VERDICT', isWhole: true } as const

/** The cells of a topic that only groups have. */
const BLANK: readonly Cell[] = [' ', ' ', ' ']

function* partitionTable({ topics }: GroupLag, style: ReportStyle, width: number | undefined): Generator<string> {
  const largest = largestLag(topics.flatMap(({ partitions }) => partitions))
  const headers = [
    VERDICT,
    { title: 'PARTITION', min: 20 },
    ...summaryHeaders(style),
    rightAligned('COMMITTED'),
    { ...rightAligned('START'), isExtra: true },
    rightAligned('END'),
    { title: 'HOST', isExtra: true },
    'MEMBER',
  ]
  yield* tableParts(
    headers,
    {
      *[Symbol.iterator]() {
        for (const { topic, partitions } of topics) {
          for (const lag of partitions) {
            const { partition, verdict, committed, start, end, host, memberId } = lag
            yield [
              { text: verdict ?? '', paint: style.verdictPaint(verdict) },
              partitionName({ topic, partition }),
              ...summaryCells(lag, linearShare(lag.lag ?? 0n, largest), style),
              ...[committed ?? '', start ?? '', end ?? '', host ?? ''],
              memberId === undefined ? '' : shortMember(memberId, style.isWide),
            ]
          }
        }
      },
    },
    width,
  )
}

const rightAligned = (title: string) => ({ title, align: 'right' }) as const

const shortMember = (memberId: string, isWide: boolean): string =>
  isWide ? memberId : cutMiddle(printable(memberId), MEMBER_CELLS)

const largestLag = (summaries: readonly LagSummary[]): bigint =>
  summaries.reduce((largest, { lag = 0n }) => (lag > largest ? lag : largest), 0n)
