import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EventBusError } from '../bus/errors.ts'
import type { Position } from '../bus/record.ts'
import type { UndoRecord } from './reset.ts'
import type { ResetPlan } from './reset-plan.ts'

// Plans and undo records as files: JSON with a tag that says which, offsets as numbers, or as strings where they are too
// large for one.

const PLAN = 'reset-plan'
const UNDO = 'undo'

export async function writePlanFile(path: string, plan: ResetPlan): Promise<void> {
  await writeFile(path, toText(PLAN, plan)).catch((error: Error) => {
    throw new EventBusError('REFUSED', `${path} cannot be written: ${error.message}`)
  })
}

export async function readPlanFile(path: string): Promise<ResetPlan> {
  const found = await readTagged(path, PLAN, 'crbus reset --plan-out')
  const { group, bus, members } = found
  const steps = listOf(found.steps).map((step) => ({
    ...step,
    from: offsetOf(step.from),
    to: offsetOf(step.to),
    start: offsetOf(step.start),
    end: offsetOf(step.end),
    events: offsetOf(step.events) ?? 0n,
    first: offsetOf(step.first),
    last: offsetOf(step.last),
  }))
  if (!isIdentity(group, bus) || !Array.isArray(members) || !steps.every(isPlace)) throw notWhole(path)
  return {
    ...found,
    steps,
    replayed: offsetOf(found.replayed) ?? 0n,
    skipped: offsetOf(found.skipped) ?? 0n,
  } as unknown as ResetPlan
}

/** Keeps undo records in a folder, which is made when the first one comes; resolves with the file. */
export const saveUndoIn =
  (folder: string) =>
  async (record: UndoRecord): Promise<string> => {
    // What names a file is harmless on every file system.
    const group = record.group.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let time = record.savedAt; ; time += 1) {
      const path = join(folder, `${new Date(time).toISOString().replaceAll(':', '-')}-${group}.json`)
      try {
        await writeFile(path, toText(UNDO, record), { flag: 'wx' })
        return path
      } catch (error) {
        // Two in one millisecond keep their order.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
    }
  }

export async function readUndoFile(path: string): Promise<UndoRecord> {
  const found = await readTagged(path, UNDO, 'a reset')
  const offsets = listOf(found.offsets).map((one) => ({
    ...one,
    before: offsetOf(one.before),
    after: offsetOf(one.after),
  }))
  if (!isIdentity(found.group, found.bus) || !offsets.every(isPlace)) throw notWhole(path)
  return { ...found, offsets } as unknown as UndoRecord
}

/** The undo files of a folder, newest first. */
export async function listUndoFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .reverse()
    .map((name) => join(folder, name))
}

/** The newest undo record of a bus, and of a group when one is named. */
export async function lastUndo(
  folder: string,
  clusterId: string,
  group?: string,
): Promise<{ readonly path: string; readonly record: UndoRecord } | undefined> {
  for (const path of await listUndoFiles(folder)) {
    // A file that cannot be read must not stand in the way of the ones that can.
    const record = await readUndoFile(path).catch(() => undefined)
    if (record?.bus.clusterId === clusterId && (group ?? record.group) === record.group) return { path, record }
  }
  return undefined
}

/**
 * Offsets from a file: a list of `{topic, partition, offset}`, or an object with one as `offsets` (as `crbus groups
 * describe --json` prints), or a plan (where it goes to), or an undo file (what was before).
 */
export async function readOffsetsFile(path: string): Promise<Position[]> {
  const found = await readJson(path)
  const entries = Array.isArray(found) ? found : ((found.offsets ?? found.steps) as unknown)
  const offsets = listOf(entries).flatMap(({ topic, partition, offset, before, to }): Position[] => {
    const at = offsetOf(offset ?? before ?? to)
    if (at === null) return []
    if (!isPlace({ topic, partition })) throw noOffsets(path)
    return [{ topic: topic as string, partition: partition as number, offset: at }]
  })
  if (offsets.length === 0) throw noOffsets(path)
  return offsets
}

const noOffsets = (path: string) =>
  new EventBusError('REFUSED', `${path} holds no offsets`, {
    suggestions: ['[{"topic": "order-events", "partition": 0, "offset": 47}]'],
  })

const notWhole = (path: string) => new EventBusError('REFUSED', `${path} is not whole: somebody changed it`)

const isIdentity = (group: unknown, bus: unknown): boolean =>
  typeof group === 'string' && typeof (bus as Entry | undefined)?.clusterId === 'string'

const isPlace = ({ topic, partition }: Entry): boolean => typeof topic === 'string' && Number.isInteger(partition)

type Entry = Readonly<Record<string, unknown>>

const listOf = (value: unknown): Entry[] => (Array.isArray(value) ? (value as Entry[]) : [])

function offsetOf(value: unknown): bigint | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : null
}

async function readJson(path: string): Promise<Entry> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Entry
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = isMissing ? `there is no ${path}` : `${path} cannot be read: ${(error as Error).message}`
    throw new EventBusError('REFUSED', reason, { cause: error })
  }
}

async function readTagged(path: string, tag: string, madeBy: string): Promise<Entry> {
  const found = await readJson(path)
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
