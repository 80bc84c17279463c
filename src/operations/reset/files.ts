import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { CommitDetails, CommittedOffset } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import { partitionName } from '../../bus/names/names.ts'
import { causeOf } from '../../files/cause.ts'
import { fileRefused } from '../../files/file-refused.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { readJson } from '../named-file.ts'
import type { UndoRecord } from './apply.ts'
import { effectOf, type ResetPlan, type ResetStep, stretchOf } from './effects.ts'

// Plans and undo records as files: JSON with a tag that says which, offsets as numbers, or as strings where they are too
// large for one.

const PLAN = 'reset-plan'
const UNDO = 'undo'

/** Writes a plan, whole or not at all. `REFUSED` when it cannot be written. */
export function writePlanFile(path: string, plan: ResetPlan): void {
  try {
    writeWhole(path, toText(PLAN, plan))
  } catch (error) {
    const suggestions = ['--plan-out FILE in a folder that can be written', '--dry-run to see the plan']
    const folder = dirname(path)
    throw fileRefused(
      'the plan',
      path,
      error,
      existsSync(folder) ? suggestions : [`mkdir -p ${folder}`, ...suggestions],
    )
  }
}

/**
 * A plan as it was written. One that does not hold together is refused: somebody changed it, and what it says it does
 * would not be what is done.
 */
export async function readPlanFile(path: string): Promise<ResetPlan> {
  const found = await readTagged(path, PLAN, 'crbus reset --plan-out')
  const { group } = found
  const bad = (what: string) =>
    new EventBusError('REFUSED', `${path}: ${what}; somebody changed it`, {
      suggestions: typeof group === 'string' ? [`crbus reset --group ${group} --all-topics --to ${path}`] : [],
    })
  for (const [key, isOfIts] of Object.entries(planKeys)) {
    if (!isOfIts(found[key])) throw bad(found[key] === undefined ? `${key} is missing` : `${key} is not what it was`)
  }
  const seen = new Set<string>()
  const steps = (found.steps as readonly unknown[]).map((entry, at): ResetStep => {
    const step = toStep(entry)
    if (step === undefined) throw bad(`steps[${at}] is no step`)
    if (seen.has(partitionName(step))) throw bad(`steps[${at}] is about ${partitionName(step)} again`)
    seen.add(partitionName(step))
    const reason = contradiction(step)
    if (reason !== undefined) throw bad(`steps[${at}], ${partitionName(step)}: ${reason}`)
    return step
  })
  const sums = { replayed: offsetOf(found.replayed), skipped: offsetOf(found.skipped) }
  const sum = (effect: ResetStep['effect']) =>
    steps.reduce((total, step) => (step.effect === effect ? total + step.events : total), 0n)
  if (sums.replayed !== sum('replay')) throw bad('replayed is not what its steps replay')
  if (sums.skipped !== sum('skip')) throw bad('skipped is not what its steps skip')
  return { ...found, counts: found.counts ?? 'records', ...sums, steps } as unknown as ResetPlan
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
/** Of no plan that is written to a file. */
const isNot = (value: unknown): boolean => value === false
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isListOf =
  (isOne: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isOne)
const isEventCount = (value: unknown): boolean => value === 'records' || value === 'offsets'
const isIdentity = (bus: unknown): boolean => isFields(bus) && isText(bus.kind) && isText(bus.clusterId)

/** What a plan has besides its steps, and of which kind. */
const planKeys: Readonly<Record<Exclude<keyof ResetPlan, 'replayed' | 'skipped'>, (value: unknown) => boolean>> = {
  group: isText,
  bus: isIdentity,
  to: isText,
  plannedAt: isCount,
  state: isText,
  members: isListOf(isText),
  makesGroup: isFlag,
  removesGroup: isNot,
  isExact: isNot,
  // Plans of earlier versions do not have it.
  counts: (value) => value === undefined || isEventCount(value),
  sampled: isCount,
  types: isListOf((one) => isFields(one) && typeof one.eventType === 'string' && isCount(one.count)),
  conversations: isCount,
  sagas: isCount,
  steps: Array.isArray,
  notes: isListOf(isText),
}

function toStep(entry: unknown): ResetStep | undefined {
  if (!isFields(entry) || !isPlace(entry)) return undefined
  const [from, to] = [offsetOf(entry.from), offsetOf(entry.to)]
  const [start, end] = [offsetOf(entry.start), offsetOf(entry.end)]
  const [first, last] = [offsetOf(entry.first), offsetOf(entry.last)]
  const events = offsetOf(entry.events) ?? undefined
  // Plans of earlier versions do not have these.
  const lastStable = entry.lastStable === undefined ? end : offsetOf(entry.lastStable)
  const offsets = entry.offsets === undefined ? events : offsetOf(entry.offsets)
  const counts = entry.counts ?? 'records'
  if (from === undefined || to === undefined || start === undefined || end === undefined) return undefined
  if (lastStable === undefined) return undefined
  if (first === undefined || last === undefined || events === undefined) return undefined
  if (offsets === undefined || offsets === null || !isEventCount(counts)) return undefined
  if (!isDetails(entry.fromDetails) || !isDetails(entry.toDetails)) return undefined
  return { ...entry, from, to, start, end, lastStable, first, last, events, offsets, counts } as unknown as ResetStep
}

/** What of a step is not as it must be, seen what the rest says. */
function contradiction(step: ResetStep): string | undefined {
  const { from, to, start, end, effect, events, offsets, counts } = step
  if (effect !== effectOf(from, to)) return `from ${from ?? 'none'} to ${to ?? 'none'} is no ${effect}`
  const range = start === null || end === null ? undefined : { start, end }
  if (range && to !== null && (to < range.start || to > range.end)) {
    return `${to} is not in the log, which holds ${range.start} to ${range.end}`
  }
  const stretch = range && stretchOf(range, from, to)
  const between = stretch ? stretch.to - stretch.from : 0n
  if (offsets !== between) return `from ${from ?? 'none'} to ${to ?? 'none'} are ${between} offsets, not ${offsets}`
  const isCounted = counts === 'records' ? events <= offsets : events === offsets
  return isCounted ? undefined : `${events} events are not what ${offsets} offsets hold`
}

/**
 * Saves undo records in a folder, which is made when it is missing; resolves with the file, which is on the disk by then.
 * `REFUSED` when it cannot be written.
 */
export const saveUndoIn =
  (folder: string) =>
  async (record: UndoRecord): Promise<string> => {
    const group = groupInName(record.group)
    for (let time = record.savedAt; ; time += 1) {
      const path = join(folder, `${new Date(time).toISOString().replaceAll(':', '-')}-${group}.json`)
      try {
        writeWhole(path, toText(UNDO, record), { folderMode: 0o700, isNew: true, isDurable: true })
        return path
      } catch (error) {
        // Two in one millisecond keep their order.
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) continue
        const what = `group '${record.group}' was not changed: the undo file`
        throw fileRefused(what, path, error, ['--undo-dir FOLDER that can be written'])
      }
    }
  }

/** A group as the name of its undo files has it: harmless on every file system. */
const groupInName = (group: string): string => group.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)

/** The name that {@link saveUndoIn} gives a file: when it was saved, and the group. */
const UNDO_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-(?<group>.+)\.json$/

export async function readUndoFile(path: string): Promise<UndoRecord> {
  const found = await readTagged(path, UNDO, 'a reset')
  const { group, bus, did, savedAt, madeGroup } = found
  const isRecord = isText(group) && isIdentity(bus) && isText(did) && isCount(savedAt) && isFlag(madeGroup)
  const offsets = listOf(found.offsets).flatMap((one) => {
    const [before, after] = [offsetOf(one.before), offsetOf(one.after)]
    const isWhole = isPlace(one) && before !== undefined && after !== undefined && isDetails(one.beforeDetails)
    return isWhole ? [{ ...one, before, after }] : []
  })
  // An offset that cannot be read must not be taken for none.
  if (!isRecord || !Array.isArray(found.offsets) || offsets.length !== found.offsets.length) {
    throw new EventBusError('REFUSED', `${path} is not whole: somebody changed it`)
  }
  return { ...found, offsets } as unknown as UndoRecord
}

/** The undo files of a folder, newest first; none when it does not exist. `REFUSED` when it cannot be read. */
export async function listUndoFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new EventBusError('REFUSED', `${folder} cannot be read: ${causeOf(error, folder)}`, {
      suggestions: ['--undo-dir FOLDER'],
      cause: error,
    })
  })
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .reverse()
    .map((name) => join(folder, name))
}

/**
 * The newest undo record of a bus, and of a group when one is named. `REFUSED` when a newer undo file cannot be read: it
 * may be the one that is meant, and an older one would put back what was committed before an earlier change.
 */
export async function lastUndo(
  folder: string,
  clusterId: string,
  group?: string,
): Promise<{ readonly path: string; readonly record: UndoRecord } | undefined> {
  for (const path of await listUndoFiles(folder)) {
    const record = await readUndoFile(path).catch((error: Error) => {
      const named = UNDO_NAME.exec(basename(path))?.groups?.group
      // Files of other programs, and of other groups, may be in the folder.
      if (named === undefined || (group !== undefined && named !== groupInName(group))) return undefined
      throw damagedUndo(path, error)
    })
    if (record?.bus.clusterId === clusterId && (group ?? record.group) === record.group) return { path, record }
  }
  return undefined
}

const damagedUndo = (path: string, error: Error): EventBusError =>
  new EventBusError('REFUSED', `nothing was undone: the newest undo file cannot be used: ${error.message}`, {
    suggestions: [`crbus reset undo FILE, with an older file of ${dirname(path)}`, `move ${path} away to pass over it`],
    cause: error,
  })

/**
 * Offsets from a file: a list of `{topic, partition, offset}`, or an object with one as `offsets` (as `crbus groups
 * describe --json` prints), or a plan (where it goes to), or an undo file (what was before).
 */
export async function readOffsetsFile(path: string): Promise<CommittedOffset[]> {
  const found = await readEntry(path)
  const entries = Array.isArray(found) ? found : ((found.offsets ?? found.steps) as unknown)
  const offsets = listOf(entries).flatMap((entry, index): CommittedOffset[] => {
    const { topic, partition, offset, before, to } = entry
    const at = offsetOf(offset ?? before ?? to ?? null)
    const details = detailsIn(entry)
    if (at === undefined || !isPlace(entry) || !isDetails(details)) {
      throw new EventBusError('REFUSED', `${path}: entry ${index} is no topic, partition and offset`, { suggestions })
    }
    return at === null
      ? []
      : [
          {
            topic: topic as string,
            partition: partition as number,
            offset: at,
            ...(details as CommitDetails | undefined),
          },
        ]
  })
  if (offsets.length === 0) throw new EventBusError('REFUSED', `${path} holds no offsets`, { suggestions })
  return offsets
}

const suggestions = ['[{"topic": "order-events", "partition": 0, "offset": 47}]']

/** What is committed with an offset: beside it as "groups describe" prints it, or as a plan or an undo file has it. */
function detailsIn({ offset, before, metadata, leaderEpoch, beforeDetails, toDetails }: Entry): unknown {
  const isListed = offset !== undefined && offset !== null
  const listed = { metadata, leaderEpoch: leaderEpoch ?? undefined }
  const details = isListed ? listed : (before ?? null) === null ? toDetails : beforeDetails
  if (!isFields(details)) return details
  // An empty text says that there is no metadata, where an absent one says nothing.
  const isNone = details.metadata === null || (!isListed && details.metadata === undefined)
  return isNone ? { ...details, metadata: '' } : details
}

/** Whether an entry's metadata and leader epoch, each of which may be absent, are of their kinds. */
const isDetails = (value: unknown): boolean =>
  value === undefined ||
  (isFields(value) &&
    (value.metadata === undefined || typeof value.metadata === 'string') &&
    (value.leaderEpoch === undefined || isCount(value.leaderEpoch)))

const isPlace = ({ topic, partition }: Entry): boolean => isText(topic) && isCount(partition)

type Entry = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Entry => typeof value === 'object' && value !== null

const listOf = (value: unknown): Entry[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** An offset or a time; `undefined` when it is neither one nor none. */
function offsetOf(value: unknown): bigint | null | undefined {
  if (value === null) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined
}

async function readEntry(path: string): Promise<Entry> {
  const read = await readJson(path)
  if (!read.ok) throw new EventBusError('REFUSED', read.reason)
  return read.value as Entry
}

async function readTagged(path: string, tag: string, madeBy: string): Promise<Entry> {
  const found = await readEntry(path)
  if (found?.crbus === tag && found.version === 1) return found
  const reason = found?.crbus === tag ? 'was written by a newer crbus' : `is not what ${madeBy} writes`
  throw new EventBusError('REFUSED', `${path} ${reason}`)
}

const toText = (tag: string, value: object): string =>
  `${JSON.stringify({ crbus: tag, version: 1, ...value }, (_, found) => (typeof found === 'bigint' ? toNumber(found) : found), 2)}\n`

const toNumber = (value: bigint): number | string => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
