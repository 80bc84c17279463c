import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import { partitionName } from '../../bus/names/names.ts'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { operationHints } from '../hints.ts'
import {
  isBusIdentity,
  isCommitDetails,
  isCount,
  isFields,
  isFlag,
  isListOf,
  isText,
  isTopicPartition,
  type JsonFields,
  readTagged,
  toOffset,
  toTaggedText,
} from './json-fields.ts'
import type { Clamp, ResetNote } from './notes.ts'
import { affectedRange, effectOf, eventsOf, type ResetPlan, type ResetStep } from './plan.ts'

/** Version 1 had sentences where version 2 has notes and clamps with a code. */
const PLAN_FILE = {
  tag: 'reset-plan',
  version: 2,
  description: 'a plan file of a reset',
} as const

/** Writes a plan to a file, whole or not at all. `REFUSED` when it cannot be written. */
export function writePlanFile(path: string, plan: ResetPlan): void {
  try {
    writeWhole(path, toTaggedText(PLAN_FILE, plan))
  } catch (error) {
    const hints = [operationHints.otherPlanFile(), operationHints.previewReset()]
    const folder = dirname(path)
    throw fileRefused(
      'the plan',
      path,
      error,
      existsSync(folder) ? hints : [operationHints.makeFolder(folder), ...hints],
    )
  }
}

/**
 * Reads a plan file. `REFUSED` when its parts contradict one another: it was changed after it was written, and applying it
 * would not do what it says.
 */
export async function readPlanFile(path: string): Promise<ResetPlan> {
  const found = await readTagged(path, PLAN_FILE)
  const { group } = found
  const invalid = (reason: string) =>
    new EventBusError('REFUSED', `${path} was changed after it was written: ${reason}`, {
      hints: isText(group) ? [operationHints.resetToFile(group, path)] : [],
    })
  for (const [key, isValid] of Object.entries(planFields)) {
    if (isValid(found[key])) continue
    throw invalid(found[key] === undefined ? `${key} is missing` : `${key} has an invalid value`)
  }
  const seen = new Set<string>()
  const steps = (found.steps as readonly unknown[]).map((value, at): ResetStep => {
    const step = toStep(value)
    if (step === undefined) throw invalid(`steps[${at}] is not a valid step`)
    if (seen.has(partitionName(step))) throw invalid(`steps[${at}] repeats ${partitionName(step)}`)
    seen.add(partitionName(step))
    const reason = contradiction(step)
    if (reason !== undefined) throw invalid(`steps[${at}], ${partitionName(step)}: ${reason}`)
    return step
  })
  const notes = (found.notes as readonly unknown[]).map((value, at): ResetNote => {
    const note = toNote(value)
    if (note === undefined) throw invalid(`notes[${at}] is not a valid note`)
    return note
  })
  const sums = { replayed: toOffset(found.replayed), skipped: toOffset(found.skipped) }
  if (sums.replayed !== eventsOf(steps, 'replay')) throw invalid('replayed does not match the sum of its steps')
  if (sums.skipped !== eventsOf(steps, 'skip')) throw invalid('skipped does not match the sum of its steps')
  return { ...found, counts: found.counts ?? 'records', ...sums, steps, notes } as unknown as ResetPlan
}

const isEventCount = (value: unknown): boolean => value === 'records' || value === 'offsets'
/** Plans that delete a group or undo a change are not written to files. */
const isFalse = (value: unknown): boolean => value === false

/** The fields of a plan besides its sums, with the check of each. Notes and steps are checked one by one. */
const planFields: Readonly<Record<Exclude<keyof ResetPlan, 'replayed' | 'skipped'>, (value: unknown) => boolean>> = {
  group: isText,
  bus: isBusIdentity,
  to: isText,
  plannedAt: isCount,
  state: isText,
  members: isListOf(isText),
  makesGroup: isFlag,
  removesGroup: isFalse,
  isExact: isFalse,
  // Absent in plans of earlier releases.
  counts: (value) => value === undefined || isEventCount(value),
  sampled: isCount,
  types: isListOf((type) => isFields(type) && typeof type.eventType === 'string' && isCount(type.count)),
  conversations: isCount,
  sagas: isCount,
  steps: Array.isArray,
  notes: Array.isArray,
}

function toStep(value: unknown): ResetStep | undefined {
  if (!isTopicPartition(value)) return undefined
  const found = value as unknown as JsonFields
  const [from, to] = [toOffset(found.from), toOffset(found.to)]
  const [start, end] = [toOffset(found.start), toOffset(found.end)]
  const [first, last] = [toOffset(found.first), toOffset(found.last)]
  const events = toOffset(found.events) ?? undefined
  // Absent in plans of earlier releases.
  const lastStable = found.lastStable === undefined ? end : toOffset(found.lastStable)
  const offsets = found.offsets === undefined ? events : toOffset(found.offsets)
  const counts = found.counts ?? 'records'
  const clamped = toClamp(found.clamped ?? null)
  if (from === undefined || to === undefined || start === undefined || end === undefined) return undefined
  if (lastStable === undefined || clamped === undefined) return undefined
  if (first === undefined || last === undefined || events === undefined) return undefined
  if (offsets === undefined || offsets === null || !isEventCount(counts)) return undefined
  if (!isCommitDetails(found.fromDetails) || !isCommitDetails(found.toDetails)) return undefined
  const numbers = { from, to, start, end, lastStable, first, last, events, offsets }
  return { ...found, ...numbers, counts, clamped } as unknown as ResetStep
}

/** Returns how the fields of a step contradict one another; `undefined` when they do not. */
function contradiction(step: ResetStep): string | undefined {
  const { from, to, start, end, effect, events, offsets, counts } = step
  const change = `from ${from ?? 'none'} to ${to ?? 'none'}`
  if (effect !== effectOf(from, to)) return `${change} has the effect '${effectOf(from, to)}', not '${effect}'`
  const range = start === null || end === null ? undefined : { start, end }
  if (range && to !== null && (to < range.start || to > range.end)) {
    return `${to} is not in the log, which holds ${range.start} to ${range.end}`
  }
  const affected = range && affectedRange(range, from, to)
  const between = affected ? affected.to - affected.from : 0n
  if (offsets !== between) return `${change} are ${between} offsets, not ${offsets}`
  const isPossible = counts === 'records' ? events <= offsets : events === offsets
  return isPossible ? undefined : `${offsets} offsets cannot hold ${events} events`
}

/** Reads the field of a note or clamp; `undefined` when it is invalid. */
type FieldReader = (value: unknown) => unknown

const text: FieldReader = (value) => (isText(value) ? value : undefined)
const count: FieldReader = (value) => (isCount(value) ? value : undefined)
const offset: FieldReader = (value) => toOffset(value) ?? undefined
const offsetOrNull: FieldReader = toOffset
/** An offset that was asked for, which may be below 0. */
const wantedOffset: FieldReader = (value) =>
  Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,19}$/.test(value))
    ? BigInt(value as number | string)
    : undefined
const partitions: FieldReader = (value) => (isListOf(isTopicPartition)(value) ? value : undefined)
const ofPartition = { topic: text, partition: count }

type FieldReaders<Coded extends { readonly code: string }> = {
  readonly [Code in Coded['code']]: {
    readonly [Field in Exclude<keyof Extract<Coded, { readonly code: Code }>, 'code'>]: FieldReader
  }
}

const clampFields: FieldReaders<Clamp> = {
  'before-log-start': { wanted: wantedOffset },
  'beyond-log-end': { wanted: wantedOffset },
  'time-after-last-event': {},
  'legacy-text': { text },
}

const noteFields: FieldReaders<ResetNote> = {
  'topic-missing': { topic: text },
  'undo-topic-missing': { topic: text },
  'partition-missing': ofPartition,
  'no-offset-in-source': { ...ofPartition, source: text },
  'unreadable-records': { ...ofPartition, reason: text, batches: count },
  'committed-outside-log': { ...ofPartition, committed: offset, start: offset, end: offset, deleted: offset },
  'skips-open-transaction': { ...ofPartition, to: offset, lastStable: offset },
  'metadata-kept': { partitions },
  'moved-since': { ...ofPartition, from: offsetOrNull, to: offsetOrNull },
  'legacy-text': { text },
}

const toNote = (value: unknown): ResetNote | undefined => toCoded(value, noteFields)

const toClamp = (value: unknown): Clamp | null | undefined => (value === null ? null : toCoded(value, clampFields))

/** Reads an object by the fields of its code. A string is a sentence of version 1. */
function toCoded<Coded extends { readonly code: string }>(
  value: unknown,
  fieldsOfCode: FieldReaders<Coded>,
): Coded | undefined {
  if (isText(value)) return { code: 'legacy-text', text: value } as unknown as Coded
  if (!isFields(value) || !isText(value.code) || !Object.hasOwn(fieldsOfCode, value.code)) return undefined
  const { code } = value
  const readers = fieldsOfCode[code as Coded['code']] as Readonly<Record<string, FieldReader>>
  const fields = Object.entries(readers).map(([name, read]) => [name, read(value[name])] as const)
  if (fields.some(([, field]) => field === undefined)) return undefined
  return { code, ...Object.fromEntries(fields) } as unknown as Coded
}
