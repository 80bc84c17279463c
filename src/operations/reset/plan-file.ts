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
  isTime,
  isTopicPartition,
  type JsonFields,
  readTagged,
  toOffset,
  toTaggedText,
  toTime,
} from './json-fields.ts'
import type { Clamp, ResetNote } from './notes.ts'
import { affectedRange, effectOf, eventsOf, type ResetPlan, type ResetStep } from './plan.ts'

/**
 * The version of plan files. In version 1, notes and clamps were sentences instead of objects with a code. In versions 1 and 2,
 * some fields had other names, and times were milliseconds instead of RFC 3339.
 */
const PLAN_VERSION = 3

const PLAN_FILE = {
  tag: 'reset-plan',
  version: PLAN_VERSION,
  description: 'a plan file of a reset',
  hints: [operationHints.writePlan()],
} as const

/** Writes a plan to a file atomically. Throws `REFUSED` if the file cannot be written. */
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
 * Reads a plan file. Throws `REFUSED` if fields are invalid or contradict one another: the file was changed after it was written,
 * and applying the plan would not do what it says.
 */
export async function readPlanFile(path: string): Promise<ResetPlan> {
  const found = withCurrentNames(await readTagged(path, PLAN_FILE))
  const { group } = found
  const invalid = (reason: string) =>
    new EventBusError('REFUSED', `${path} was changed after it was written: ${reason}`, {
      hints: isText(group) ? [operationHints.resetToFile(group, path)] : [],
    })
  for (const [key, isValid] of Object.entries(fieldChecks)) {
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
  const plannedAt = toTime(found.plannedAt)
  return { ...found, plannedAt, counts: found.counts ?? 'records', ...sums, steps, notes } as unknown as ResetPlan
}

const isEventCount = (value: unknown): boolean => value === 'records' || value === 'offsets'
/** Plans that delete a group or undo a change are not written to files. */
const isFalse = (value: unknown): boolean => value === false

/** A check for each field of a plan except its sums. Notes and steps are then checked one by one. */
const fieldChecks: Readonly<Record<Exclude<keyof ResetPlan, 'replayed' | 'skipped'>, (value: unknown) => boolean>> = {
  group: isText,
  bus: isBusIdentity,
  to: isText,
  plannedAt: isTime,
  state: isText,
  memberIds: isListOf(isText),
  makesGroup: isFlag,
  removesGroup: isFalse,
  isExact: isFalse,
  // Absent in plans of earlier releases.
  counts: (value) => value === undefined || isEventCount(value),
  sampled: isCount,
  types: isListOf((type) => isFields(type) && typeof type.eventType === 'string' && isCount(type.count)),
  conversationCount: isCount,
  sagaCount: isCount,
  steps: Array.isArray,
  notes: Array.isArray,
}

/** Reads a step; `undefined` if a field is invalid. */
function toStep(value: unknown): ResetStep | undefined {
  if (!isTopicPartition(value)) return undefined
  const found = value as unknown as JsonFields
  const [from, to] = [toOffset(found.from), toOffset(found.to)]
  const [start, end] = [toOffset(found.start), toOffset(found.end)]
  const [firstEventAt, lastEventAt] = [toTime(found.firstEventAt), toTime(found.lastEventAt)]
  const eventCount = toOffset(found.eventCount) ?? undefined
  // Absent in plans of earlier releases.
  const lastStable = found.lastStable === undefined ? end : toOffset(found.lastStable)
  const offsetCount = found.offsetCount === undefined ? eventCount : toOffset(found.offsetCount)
  const counts = found.counts ?? 'records'
  const clamped = toClamp(found.clamped ?? null)
  if (from === undefined || to === undefined || start === undefined || end === undefined) return undefined
  if (lastStable === undefined || clamped === undefined) return undefined
  if (firstEventAt === undefined || lastEventAt === undefined || eventCount === undefined) return undefined
  if (offsetCount === undefined || offsetCount === null || !isEventCount(counts)) return undefined
  if (!isCommitDetails(found.fromDetails) || !isCommitDetails(found.toDetails)) return undefined
  const numbers = { from, to, start, end, lastStable, firstEventAt, lastEventAt, eventCount, offsetCount }
  return { ...found, ...numbers, counts, clamped } as unknown as ResetStep
}

/** Says how the fields of a step contradict one another; `undefined` if they do not. */
function contradiction(step: ResetStep): string | undefined {
  const { from, to, start, end, effect, eventCount, offsetCount, counts } = step
  const change = `from ${from ?? 'none'} to ${to ?? 'none'}`
  if (effect !== effectOf(from, to)) return `${change} has the effect '${effectOf(from, to)}', not '${effect}'`
  const range = start === null || end === null ? undefined : { start, end }
  if (range && to !== null && (to < range.start || to > range.end)) {
    return `${to} is not in the log, which holds ${range.start} to ${range.end}`
  }
  const affected = range && affectedRange(range, from, to)
  const between = affected ? affected.to - affected.from : 0n
  if (offsetCount !== between) return `${change} are ${between} offsets, not ${offsetCount}`
  const isPossible = counts === 'records' ? eventCount <= offsetCount : eventCount === offsetCount
  return isPossible ? undefined : `${offsetCount} offsets cannot hold ${eventCount} events`
}

/** Reads the field of a note or clamp; `undefined` if the field is invalid. */
type FieldReader = (value: unknown) => unknown

const text: FieldReader = (value) => (isText(value) ? value : undefined)
const count: FieldReader = (value) => (isCount(value) ? value : undefined)
const offset: FieldReader = (value) => toOffset(value) ?? undefined
const offsetOrNull: FieldReader = toOffset
/** Reads a requested offset, which may be below 0. */
const wantedOffset: FieldReader = (value) =>
  Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,19}$/.test(value))
    ? BigInt(value as number | string)
    : undefined
const partitions: FieldReader = (value) => (isListOf(isTopicPartition)(value) ? value : undefined)
const ofPartition = { topic: text, partition: count }

/** The readers of all fields, by code and field name. The compiler rejects a missing code or field. */
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
  'unreadable-records': { ...ofPartition, reason: text, batchCount: count },
  'committed-outside-log': { ...ofPartition, committed: offset, start: offset, end: offset, gone: offset },
  'skips-open-transaction': { ...ofPartition, to: offset, lastStable: offset },
  'metadata-kept': { partitions },
  'moved-since': { ...ofPartition, from: offsetOrNull, to: offsetOrNull },
  'legacy-text': { text },
}

const toNote = (value: unknown): ResetNote | undefined => toCoded(value, noteFields)

const toClamp = (value: unknown): Clamp | null | undefined => (value === null ? null : toCoded(value, clampFields))

/** Reads an object with a code and the fields of that code; `undefined` if it is invalid. A string is a sentence of version 1. */
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

// The current names of fields, by their names in versions 1 and 2.
const planNames = { members: 'memberIds', conversations: 'conversationCount', sagas: 'sagaCount' }
const stepNames = { events: 'eventCount', offsets: 'offsetCount', first: 'firstEventAt', last: 'lastEventAt' }
const noteNames = { batches: 'batchCount', deleted: 'gone' }

/** Returns the fields of a plan file with the names of this version. Does not check their values. */
function withCurrentNames({ crbus: _, version, ...found }: JsonFields): JsonFields {
  if (version === PLAN_VERSION) return found
  return {
    ...renamed(found, planNames),
    steps: renamedInList(found.steps, stepNames),
    notes: renamedInList(found.notes, noteNames),
  }
}

const renamed = (fields: JsonFields, names: Readonly<Record<string, string>>): JsonFields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [names[name] ?? name, value]))

const renamedInList = (list: unknown, names: Readonly<Record<string, string>>): unknown =>
  Array.isArray(list) ? list.map((one) => (isFields(one) ? renamed(one, names) : one)) : list
