import { partitionName } from '../bus/names/names.ts'
import type { JsonTime } from '../bus/time/json-time.ts'
import type { AppliedReset } from '../operations/reset/apply.ts'
import type { ResetPlan, ResetStep } from '../operations/reset/plan.ts'
import { clampText, resetDocument, resetNoteText } from './notes/reset-notes.ts'
import { formatTime, type TimeZone } from './text/format-time.ts'
import { counted, plural } from './text/listed.ts'
import { printable } from './text/printable.ts'
import { formatTable } from './text/table.ts'

/** Whether a step changes an offset, or the metadata or leader epoch committed with it. */
const isChange = ({ from, to, fromDetails, toDetails }: ResetStep): boolean =>
  from !== to || fromDetails?.metadata !== toDetails?.metadata || fromDetails?.leaderEpoch !== toDetails?.leaderEpoch

function timeText(timestamp: JsonTime | null, timeZone: TimeZone): string {
  if (timestamp === null) return '-'
  return typeof timestamp === 'bigint' ? `${timestamp}ms` : formatTime(Date.parse(timestamp), timeZone)
}

/** How a plan is shown. */
interface ResetStyle {
  /** The zone of the times. */
  readonly timeZone: TimeZone
  /** The width of the terminal, if there is one. */
  readonly width: number | undefined
  /** What shows the columns for which there is no room. Default: `--wide`. */
  readonly wider?: string | undefined
}

/** The most event types, and the most partitions with a changed target, that a plan lists. */
const MAX_TYPES = 8
const MAX_CLAMPED = 5

/** Formats a plan for people: every partition, the events delivered again or skipped, and notes. */
export function formatResetPlan(plan: ResetPlan, { timeZone, width, wider }: ResetStyle): string {
  const { group, to, state, memberIds, steps, notes } = plan
  const table = formatTable(
    [
      ...['TOPIC', 'PARTITION', 'FROM', 'TO', 'EFFECT', 'EVENTS'],
      ...['FIRST-EVENT', 'LAST-EVENT'].map((title) => ({ title, isWhole: true })),
    ],
    steps.map((step) => [
      step.topic,
      step.partition,
      step.from ?? '-',
      step.to ?? '-',
      step.effect,
      step.counts === 'offsets' ? `≤${step.eventCount}` : step.eventCount,
      timeText(step.firstEventAt, timeZone),
      timeText(step.lastEventAt, timeZone),
    ]),
    width,
    wider,
  )
  const active =
    memberIds.length === 0
      ? []
      : [`the group has running members (${memberIds.join(', ')}): stop them before applying the plan`]
  const lines = [
    `${summaryOf(plan)}${sampleOf(plan)}`,
    ...[...active, ...clampNotes(steps), ...notes.map(resetNoteText)].map((note) => `note: ${note}`),
  ]
  const name = plan.makesGroup ? `${group} (new)` : `${group} (${state})`
  const head = `GROUP  ${printable(name)}\nTO     ${printable(to)}\n\n`
  return `${head}${steps.length === 0 ? '' : `${table}\n`}${lines.map((line) => `${printable(line)}\n`).join('')}`
}

/** Explains the steps whose requested offset is not in the log. Leaves out empty partitions, where all offsets are equivalent. */
function clampNotes(steps: readonly ResetStep[]): string[] {
  const clamped = steps.flatMap((step) =>
    step.clamped === null || step.start === step.end ? [] : [{ ...step, clamped: step.clamped }],
  )
  const notes = clamped
    .slice(0, MAX_CLAMPED)
    .map((step) => `${partitionName(step)}: ${clampText(step.clamped, step)}, so it goes to ${step.to}`)
  if (clamped.length > MAX_CLAMPED) notes.push(`the same for ${clamped.length - MAX_CLAMPED} more partitions`)
  return notes
}

/** Returns the number of events with an effect; an upper bound if one of these steps counts offsets. */
function countOf({ steps }: ResetPlan, events: bigint, effect: ResetStep['effect']): string {
  const isUpperBound = steps.some((step) => step.effect === effect && step.counts === 'offsets')
  return `${isUpperBound ? 'up to ' : ''}${plural(events, 'event')}`
}

function summaryOf(plan: ResetPlan): string {
  const { steps, replayed, skipped, removesGroup } = plan
  if (steps.length === 0) return removesGroup ? 'the group has no committed offsets' : 'nothing to change'
  const count = (effect: string) => steps.filter((step) => step.effect === effect).length
  const [set, forgotten] = [count('set'), count('forget')]
  const parts = [
    ...(replayed > 0n ? [`${countOf(plan, replayed, 'replay')} delivered again`] : []),
    ...(skipped > 0n ? [`${countOf(plan, skipped, 'skip')} skipped`] : []),
    ...(set > 0 ? [`${plural(set, 'first offset')} set`] : []),
    ...(forgotten > 0 ? [`${plural(forgotten, 'offset')} forgotten`] : []),
  ]
  if (parts.length > 0) return parts.join(', ')
  const isSame = count('none') === steps.length
  if (isSame && steps.some(isChange)) return 'offsets stay, commit metadata or leader epochs change'
  return isSame ? 'nothing to change' : 'no event delivered again or skipped'
}

function sampleOf({ sampled, types, conversationCount, sagaCount, replayed, skipped }: ResetPlan): string {
  if (sampled === 0) return ''
  const named = types.slice(0, MAX_TYPES).map(({ eventType, count }) => `${eventType} ${count}`)
  const more = types.length > MAX_TYPES ? [`${types.length - MAX_TYPES} more types`] : []
  const ids = conversationCount === 0 ? '' : `; of ${plural(conversationCount, 'conversation')}`
  const driven = sagaCount === 0 ? '' : ` and ${plural(sagaCount, 'saga')}, which a replay drives again`
  const isAll = BigInt(sampled) === replayed + skipped
  return `; ${isAll ? 'by type' : `by type, in a sample of ${sampled}`}: ${[...named, ...more].join(', ')}${ids}${driven}`
}

/** Asks whether to delete groups, with the number of their committed offsets. */
export function groupDeletionQuestion(plans: readonly ResetPlan[]): string {
  const names = plans.map(({ group }) => group)
  const offsetCount = plans.flatMap(({ steps }) => steps).filter(({ from }) => from !== null).length
  const kind = plans[0]?.bus.kind
  return printable(`Delete ${counted(names, 'group')} with ${plural(offsetCount, 'committed offset')} on ${kind}?`)
}

/**
 * Returns the document and the texts of a command that applies a plan, for `carryOut`. `undoCommand` returns the command
 * line that restores an undo file.
 */
export function wordsOfReset(plan: ResetPlan, undoCommand: (undoFile: string) => string, style: ResetStyle) {
  const changes = plan.steps.filter(isChange)
  const [verb, pastTense] = changes.every(({ to }) => to === null) ? ['Forget', 'forgot'] : ['Move', 'moved']
  const isDeletion = plan.removesGroup
  const action = isDeletion
    ? `Delete group ${plan.group}`
    : `${verb} ${plural(changes.length, 'offset')} of group ${plan.group}`
  return {
    plan: resetDocument(plan),
    name: plan.group,
    shown: formatResetPlan(plan, style),
    isNothing: changes.length === 0 && !isDeletion,
    question: printable(`${action} on ${plan.bus.kind}: ${summaryOf(plan)}?`),
    done({ undoFile, moved }: AppliedReset): string {
      const result = isDeletion
        ? `deleted group ${plan.group}`
        : `${pastTense} ${plural(moved, 'offset')} of ${plan.group}, verified by reading back`
      return printable(`${result}; to undo: ${undoCommand(undoFile)}`)
    },
  }
}
