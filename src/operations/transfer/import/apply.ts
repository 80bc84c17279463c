import type { EventBus } from '../../../bus/event-bus.ts'
import { partitionOf } from '../../../bus/partitioner.ts'
import type { NewRecord } from '../../../bus/record.ts'
import type { SchemaSet } from '../../schemas/compiled.ts'
import { type Delivered, deliver, endsOf } from '../deliver/deliver.ts'
import { type Item, laneOf } from '../deliver/item.ts'
import type { ImportPlan } from './plan.ts'
import { readLines, readParts } from './read-files.ts'
import type { SourceFile } from './source-files.ts'

export interface ImportOptions {
  readonly schemas: SchemaSet | undefined
  readonly signal: AbortSignal
}

/** Creates the missing topics and appends the records of the files. Yields how many are in the topics, after each batch. */
export async function* applyImport(bus: EventBus, plan: ImportPlan, options: ImportOptions): AsyncGenerator<Delivered> {
  for (const { topic, partitions, isNew } of plan.topics) {
    if (isNew) await bus.admin.createTopic(topic, { partitions })
  }
  const { stateFile, interrupted } = plan
  const names = plan.topics.map(({ topic }) => topic)
  yield* deliver(bus, {
    ...{ stateFile, interrupted, slices: [], signal: options.signal },
    items: itemsOf(plan, options),
    base: interrupted?.base ?? (await endsOf(bus, names)),
    topics: names,
  })
}

/** Reads the records of all files, with the partitions that they go to. */
export async function* itemsOf(plan: ImportPlan, { schemas }: ImportOptions): AsyncGenerator<readonly Item[]> {
  const place = placer(plan)
  for (const [index, file] of plan.files.entries()) {
    yield* file.format === 'frames' ? frameItems(file, index, place) : lineItems(file, index, { place, schemas })
  }
}

type Place = (source: string, partition: number | undefined, record: NewRecord) => Pick<Item, 'topic' | 'record'>

/** Returns the function that chooses topic and partition of a record: the same ones each time that a file is read. */
function placer({ topics, repartition }: ImportPlan): Place {
  const targets = new Map(topics.map(({ source, topic, partitions }) => [source, { topic, partitions }]))
  let unkeyed = 0
  return (source, partition, { key, value, headers, timestamp }) => {
    const { topic, partitions } = targets.get(source) ?? { topic: source, partitions: 1 }
    const chosen =
      repartition || partition === undefined
        ? (partitionOf(key, partitions) ?? (partition ?? unkeyed++) % partitions)
        : partition
    return { topic, record: { key, value, headers, timestamp, partition: chosen } }
  }
}

async function* frameItems({ path, damage }: SourceFile, index: number, place: Place): AsyncGenerator<readonly Item[]> {
  const tolerance = damage.length === 0 ? {} : { onDamage: () => {} }
  for await (const part of readParts(path, tolerance)) {
    if (part.kind !== 'records') continue
    for (const run of part.runs) {
      const [first] = run
      if (first === undefined) continue
      const { topic, partition } = first
      // Offsets rise within a file only: another file may be another export of the topic.
      const lane = `${index} ${laneOf(topic, partition)}`
      yield run.map((record) => ({
        lane,
        position: record.offset,
        timestamp: record.timestamp,
        ...place(topic, partition, record),
      }))
    }
  }
}

async function* lineItems(
  { path }: SourceFile,
  index: number,
  { place, schemas }: { readonly place: Place; readonly schemas: SchemaSet | undefined },
): AsyncGenerator<readonly Item[]> {
  const lane = `${index}`
  for await (const lines of readLines(path, { schemas })) {
    yield lines.map(({ line, topic = '', partition, record }) => {
      const { timestamp = -1n } = record
      return { lane, position: BigInt(line), timestamp, ...place(topic, partition, record) }
    })
  }
}
