import type { CommittedOffset, TopicPartition } from '../../bus/admin.ts'
import { knownTimes, type OffsetSpec, parsePoint } from '../offsets/offset-grammar.ts'

/** Where to move a group's offsets. */
export type ResetTarget =
  | { readonly kind: 'place'; readonly place: OffsetSpec }
  /** So many events on from what is committed, or back. */
  | { readonly kind: 'shift'; readonly by: bigint }
  /** Where the group is now; the end, where it has committed nothing. */
  | { readonly kind: 'current' }
  /** Where another group is. */
  | { readonly kind: 'group'; readonly group: string }
  /** Where a file says. */
  | { readonly kind: 'offsets'; readonly source: string; readonly offsets: readonly CommittedOffset[] }
  /** As if nothing had ever been committed. */
  | { readonly kind: 'nothing' }

export type ParsedTarget =
  | { readonly ok: true; readonly target: ResetTarget }
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly reason: string; readonly suggestions: readonly string[] }

/** What `--to` takes. A name that ends in `.json` is a file, which the caller reads. `now` is in milliseconds. */
export function parseTarget(text: string, now: number): ParsedTarget {
  const trimmed = text.trim()
  if (/\.json$/i.test(trimmed)) return { ok: true, file: trimmed }
  if (trimmed === 'current') return { ok: true, target: { kind: 'current' } }
  if (trimmed.startsWith('group:')) {
    const group = trimmed.slice('group:'.length)
    if (group === '') return { ok: false, reason: `'${text}' names no group`, suggestions: ['group:billing'] }
    return { ok: true, target: { kind: 'group', group } }
  }
  if (/^[+-]\d{1,18}$/.test(trimmed)) return { ok: true, target: { kind: 'shift', by: BigInt(trimmed) } }
  const point = parsePoint(trimmed, now, known)
  return point.ok ? { ok: true, target: { kind: 'place', place: point.spec } } : point
}

const known = `start, end, 47, current, +100 and -100 (from what is committed), ${knownTimes}, group:other, file.json`

/** Some partitions of a topic, or all of it. */
export interface TopicChoice {
  readonly topic: string
  readonly partitions?: readonly number[] | undefined
}

/** Which partitions to move: those named, or all the group (or what it is moved to) has committed. */
export type ResetScope = 'committed' | readonly TopicChoice[]

/** `order-events`, or `order-events:0,1`; `undefined` when it is neither. */
export function parseTopicChoice(text: string): TopicChoice | undefined {
  const found = /^([^:]+)(?::(\d{1,9}(?:,\d{1,9})*))?$/.exec(text)
  if (found?.[1] === undefined) return undefined
  const partitions = found[2]?.split(',').map(Number)
  return { topic: found[1], partitions: partitions && [...new Set(partitions)] }
}

export const isChosen = (scope: ResetScope, { topic, partition }: TopicPartition): boolean =>
  scope === 'committed' ||
  scope.some((choice) => choice.topic === topic && (choice.partitions?.includes(partition) ?? true))
