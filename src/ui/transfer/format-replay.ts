import type { ReplayPlan } from '../../operations/transfer/replay/plan.ts'
import type { TimeZone } from '../text/format-time.ts'
import { counted, listed, plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'
import { formatSpan, spanDocument } from './format-export.ts'

/** Stands for the groups of a bus whose offsets the user may not see. */
const HIDDEN_OFFSETS =
  'the offsets of groups are hidden from this user, so the groups that receive these events are not named'
/** The most event types that a plan lists. */
const MAX_TYPES = 10
/** The most groups that a warning names. */
const MAX_GROUPS = 5

/** Formats a plan to replay or copy a topic: event types, the range, the target, and the groups that receive the events. */
export function formatReplay(plan: ReplayPlan, timeZone: TimeZone, width: number | undefined): string {
  const { kind, topic, target, types, seen, isWhole, partitions, isNew, existing, groups, continues, slices } = plan
  const open = slices.filter(({ from, to }) => from < to)
  const shown = types.slice(0, MAX_TYPES)
  const holds = isNew
    ? `new, ${plural(partitions, 'partition')}`
    : `${plural(partitions, 'partition')}, ${plural(existing, 'event')}`
  return [
    `FROM  ${printable(topic)} on ${printable(plan.source.kind)}\nTO    ${printable(target)} on ${printable(plan.targetBus.kind)} (${holds})\n\n`,
    formatTable(
      ['PARTITION', 'FROM', 'TO'],
      open.map(({ partition, from, to }) => [partition, from, to]),
      width,
    ),
    shown.length === 0
      ? ''
      : `\n${formatTable(
          ['EVENT-TYPE', isWhole ? 'EVENTS' : 'AT-LEAST'],
          shown.map(({ type, records }) => [type ?? '(no event)', records]),
          width,
        )}`,
    types.length > shown.length ? `and ${plural(types.length - shown.length, 'event type')} more\n` : '',
    `\n${countText(plan)}${formatSpan(seen, timeZone)}\n`,
    continues
      ? `note: this continues a ${kind} that was interrupted; the events that are in the target already are left out\n`
      : '',
    kind === 'copy' && !isNew && existing > 0n && !continues
      ? `note: ${printable(target)} has events already, so the offsets of the copy differ\n`
      : '',
    groups === null ? `note: ${HIDDEN_OFFSETS}\n` : '',
    groups !== null && groups.length > 0
      ? `warning: ${printable(`${listed(groups, MAX_GROUPS)} ${groups.length === 1 ? 'reads' : 'read'} ${target} and will receive these events`)}\n`
      : '',
  ].join('')
}

const countText = ({ seen, isWhole, offsets }: ReplayPlan): string =>
  isWhole ? plural(seen.records, 'event') : `at least ${plural(seen.records, 'event')}, at most ${offsets}`

/** Returns the question that a user answers before the events are appended. */
export function replayQuestion(plan: ReplayPlan): string {
  const { kind, topic, target, targetBus, groups, isNew } = plan
  const verb = kind === 'copy' ? 'Copy' : 'Replay'
  const reading = groups === null || groups.length === 0 ? '' : `, which ${counted(groups, 'group')} will receive`
  return `${verb} ${countText(plan)} of ${topic} to ${isNew ? 'the new topic ' : ''}${target} on ${targetBus.kind}${reading}?`
}

/** Returns the plan as in `--json`. */
export const replayDocument = ({
  topic,
  target,
  source,
  targetBus,
  slices,
  partitions,
  isNew,
  existing,
  seen,
  isWhole,
  types,
  offsets,
  groups,
  continues,
}: ReplayPlan) => ({
  ...{ topic, target, sourceBus: source, targetBus, partitionCount: partitions, isNew, existing },
  slices: slices.map(({ partition, from, to }) => ({ partition, from, to })),
  ...{ records: seen.records, isWhole, offsetCount: offsets, types },
  ...spanDocument(seen),
  ...{ groups, continues },
})
