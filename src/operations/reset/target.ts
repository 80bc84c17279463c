import type { CommittedOffset, TopicPartition } from '../../bus/admin.ts'
import { operationHints } from '../hints.ts'
import { type OffsetSpec, type PositionHint, parsePoint, TIME_FORMS } from '../offsets/offset-grammar.ts'

/** Where to move the committed offsets of a group. */
export type ResetTarget =
  /** An offset or a time. */
  | { readonly kind: 'position'; readonly position: OffsetSpec }
  /** `by` offsets after the committed offset; before it if `by` is negative. */
  | { readonly kind: 'shift'; readonly by: bigint }
  /** The committed offset, or the end of a partition without a committed offset. */
  | { readonly kind: 'current' }
  /** The committed offsets of another group. */
  | { readonly kind: 'group'; readonly group: string }
  /** The offsets in the file `source`. */
  | { readonly kind: 'offsets'; readonly source: string; readonly offsets: readonly CommittedOffset[] }
  /** No offset: the committed offsets are deleted. */
  | { readonly kind: 'nothing' }

/** A parsed target. `file` is a file of offsets that the caller has to read. */
export type ParsedTarget =
  | { readonly ok: true; readonly target: ResetTarget }
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly reason: string; readonly hints: readonly PositionHint[] }

/** Parses a target. A text that ends in `.json` is the name of a file. `now` is in milliseconds since 1970. */
export function parseTarget(text: string, now: number): ParsedTarget {
  const trimmed = text.trim()
  if (/\.json$/i.test(trimmed)) return { ok: true, file: trimmed }
  if (trimmed === 'current') return { ok: true, target: { kind: 'current' } }
  if (trimmed.startsWith('group:')) {
    const group = trimmed.slice('group:'.length)
    if (group === '')
      return { ok: false, reason: `'${text}' has no group name`, hints: [operationHints.givePosition('group:billing')] }
    return { ok: true, target: { kind: 'group', group } }
  }
  if (trimmed.includes('/')) {
    const reason = `'${text}' is a path, but the name of a file of offsets ends with .json`
    return { ok: false, reason, hints: [operationHints.givePosition('offsets.json')] }
  }
  if (/^[+-]\d{1,18}$/.test(trimmed)) return { ok: true, target: { kind: 'shift', by: BigInt(trimmed) } }
  const point = parsePoint(trimmed, now, TARGET_FORMS)
  return point.ok ? { ok: true, target: { kind: 'position', position: point.spec } } : point
}

const TARGET_FORMS = `start, end, 47, current, +100 and -100 (from the committed offset), ${TIME_FORMS}, group:other, file.json`

/** Some partitions of a topic; without `partitions`, all of them. */
export interface TopicChoice {
  readonly topic: string
  readonly partitions?: readonly number[] | undefined
}

/**
 * Which partitions to move: the chosen ones, or all with a committed offset of the group or, if the target has a source, in the
 * source.
 */
export type ResetScope = 'committed' | readonly TopicChoice[]

/** Parses `order-events` or `order-events:0,1`; `undefined` for any other form. */
export function parseTopicChoice(text: string): TopicChoice | undefined {
  const found = /^([^:]+)(?::(\d{1,9}(?:,\d{1,9})*))?$/.exec(text)
  if (found?.[1] === undefined) return undefined
  const partitions = found[2]?.split(',').map(Number)
  return { topic: found[1], partitions: partitions && [...new Set(partitions)] }
}

/** Whether a partition is in a scope. */
export const isChosen = (scope: ResetScope, { topic, partition }: TopicPartition): boolean =>
  scope === 'committed' ||
  scope.some((choice) => choice.topic === topic && (choice.partitions?.includes(partition) ?? true))
