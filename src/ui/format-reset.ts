import type { AppliedReset } from '../operations/reset/apply.ts'
import type { ResetPlan, ResetStep } from '../operations/reset/effects.ts'
import { formatTimestamp } from './text/format-timestamp.ts'
import { printable } from './text/printable.ts'
import { formatTable } from './text/table.ts'

const plural = (count: number | bigint, noun: string): string => `${count} ${noun}${BigInt(count) === 1n ? '' : 's'}`
const time = (timestamp: bigint | null): string => (timestamp === null ? '-' : formatTimestamp(timestamp))
/** A step that changes an offset, or what is committed with it. */
const isChange = ({ from, to, fromDetails, toDetails }: ResetStep): boolean =>
  from !== to || fromDetails?.metadata !== toDetails?.metadata || fromDetails?.leaderEpoch !== toDetails?.leaderEpoch

const MOST_TYPES = 8
const MOST_CLAMPED = 5

/** A plan for people: every partition, what is delivered again or never, what to know. */
function formatResetPlan(plan: ResetPlan): string {
  const { group, to, state, members, steps, notes } = plan
  const table = formatTable(
    ['TOPIC', 'PARTITION', 'FROM', 'TO', 'EFFECT', 'EVENTS', 'FIRST-EVENT', 'LAST-EVENT'],
    steps.map((step) => [
      step.topic,
      step.partition,
      step.from ?? '-',
      step.to ?? '-',
      step.effect,
      step.counts === 'offsets' ? `≤${step.events}` : step.events,
      time(step.first),
      time(step.last),
    ]),
  )
  // In an empty partition every offset is as good as another.
  const moved = steps.filter(({ clamped, start, end }) => clamped !== null && start !== end)
  const clamped = moved
    .slice(0, MOST_CLAMPED)
    .map((step) => `${step.topic}[${step.partition}]: ${step.clamped}, so it goes to ${step.to}`)
  if (moved.length > MOST_CLAMPED) clamped.push(`the same of ${moved.length - MOST_CLAMPED} more partitions`)
  const active =
    members.length === 0
      ? []
      : [`the group runs (${members.join(', ')}): it must be stopped before this can be applied`]
  const lines = [`${sumOf(plan)}${sampleOf(plan)}`, ...[...active, ...clamped, ...notes].map((note) => `note: ${note}`)]
  const name = plan.makesGroup ? `${group} (new)` : `${group} (${state})`
  const head = `GROUP  ${printable(name)}\nTO     ${printable(to)}\n\n`
  return `${head}${steps.length === 0 ? '' : `${table}\n`}${lines.map((line) => `${printable(line)}\n`).join('')}`
}

/** A sum over the steps of one effect, which is of offsets when one of the steps counts those. */
function eventsOf({ steps }: ResetPlan, sum: bigint, effect: ResetStep['effect']): string {
  const isAtMost = steps.some((step) => step.effect === effect && step.counts === 'offsets')
  return isAtMost ? `${plural(sum, 'offset')}, at most as many events,` : plural(sum, 'event')
}

function sumOf(plan: ResetPlan): string {
  const { steps, replayed, skipped, removesGroup } = plan
  if (steps.length === 0) return removesGroup ? 'it has committed nothing' : 'nothing to change'
  const count = (effect: string) => steps.filter((step) => step.effect === effect).length
  const [set, forgotten] = [count('set'), count('forget')]
  const parts = [
    ...(replayed > 0n ? [`${eventsOf(plan, replayed, 'replay')} delivered again`] : []),
    ...(skipped > 0n ? [`${eventsOf(plan, skipped, 'skip')} skipped`] : []),
    ...(set > 0 ? [`${plural(set, 'first offset')} set`] : []),
    ...(forgotten > 0 ? [`${plural(forgotten, 'offset')} forgotten`] : []),
  ]
  if (parts.length > 0) return parts.join(', ')
  const isSame = count('none') === steps.length
  if (isSame && steps.some(isChange)) return 'offsets stay, commit metadata or leader epochs change'
  return isSame ? 'nothing to change' : 'no event delivered again or skipped'
}

function sampleOf({ sampled, types, conversations, sagas, replayed, skipped }: ResetPlan): string {
  if (sampled === 0) return ''
  const named = types.slice(0, MOST_TYPES).map(({ eventType, count }) => `${eventType} ${count}`)
  const more = types.length > MOST_TYPES ? [`${types.length - MOST_TYPES} more types`] : []
  const ids = conversations === 0 ? '' : `; of ${plural(conversations, 'conversation')}`
  const driven = sagas === 0 ? '' : ` and ${plural(sagas, 'saga')}, which a replay drives again`
  const isAll = BigInt(sampled) === replayed + skipped
  return `; ${isAll ? 'they are' : `in a sample of ${sampled}`}: ${[...named, ...more].join(', ')}${ids}${driven}`
}

/** What a command asks and says about a plan. */
export function wordsOfReset(plan: ResetPlan) {
  const changes = plan.steps.filter(isChange)
  const [ask, did] = changes.every(({ to }) => to === null) ? ['Forget', 'forgot'] : ['Move', 'moved']
  const isDeletion = plan.removesGroup
  const what = isDeletion
    ? `Delete group ${plan.group}`
    : `${ask} ${plural(changes.length, 'offset')} of group ${plan.group}`
  return {
    name: plan.group,
    shown: formatResetPlan(plan),
    isNothing: changes.length === 0 && !isDeletion,
    question: printable(`${what} on ${plan.bus.kind}: ${sumOf(plan)}?`),
    done({ undoFile, moved }: AppliedReset): string {
      const done = isDeletion
        ? `deleted group ${plan.group}`
        : `${did} ${plural(moved, 'offset')} of ${plan.group}, read back`
      return printable(`${done}; to undo: crbus reset undo ${undoFile}`)
    },
  }
}
