import { compareText } from '../../../bus/compare.ts'
import { EventBusError } from '../../../bus/errors.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import type { Hint } from '../../../bus/hints.ts'
import type { BusIdentity } from '../../bus-identity.ts'
import { operationHints } from '../../hints.ts'
import { endsOf } from '../deliver/deliver.ts'
import { type StateFile, stateFile, type TransferState } from '../deliver/state.ts'
import { Tally } from '../tally.ts'
import type { SourceFile } from './source-files.ts'

/** A topic that records go to. */
interface TargetTopic {
  /** The name of the topic in the source. */
  readonly source: string
  readonly topic: string
  /** The number of partitions, also of a topic that will be created. */
  readonly partitions: number
  readonly isNew: boolean
  /** The number of records to append. */
  readonly records: number
  /** The number of offsets that the topic holds already. */
  readonly existing: bigint
}

export interface ImportRequest {
  readonly files: readonly SourceFile[]
  /** New names of topics by their names in the files. */
  readonly rename: (topic: string) => string
  /** Whether the key of a record decides its partition. */
  readonly repartition: boolean
  /** The folder in which the progress is kept. */
  readonly stateFolder: string
  /** Forgets an interrupted import and begins again. */
  readonly restart: boolean
}

export interface ImportPlan {
  readonly files: readonly SourceFile[]
  readonly topics: readonly TargetTopic[]
  readonly repartition: boolean
  readonly tally: Tally
  readonly bus: BusIdentity
  /** The number of records that an interrupted import noted as appended. Absent: this import is new. */
  readonly continues: number | undefined
  readonly stateFile: StateFile
  readonly interrupted: TransferState | undefined
}

/** Plans an import. Only reads. Throws `REFUSED` if a topic has too few partitions, or if parts of a split export are missing. */
export async function planImport(bus: EventBus, request: ImportRequest): Promise<ImportPlan> {
  const { rename, repartition, stateFolder, restart } = request
  const files = inOrder(request.files)
  const tally = new Tally()
  for (const file of files) tally.addCounts(file.tally)
  const sources = [...new Set(tally.partitions.map(({ topic }) => topic))].sort(compareText)
  const ranges = await bus.log.rangesOf(sources.map(rename))
  const topics = sources.map((source): TargetTopic => {
    const own = tally.partitions.filter(({ topic }) => topic === source)
    const known = ranges.get(rename(source))
    const exported = Math.max(1, ...files.map(({ partitions }) => partitions.get(source) ?? 1))
    return {
      ...{ source, topic: rename(source), partitions: known?.length ?? exported, isNew: known === undefined },
      records: own.reduce((sum, { records }) => sum + records, 0),
      existing: known?.reduce((sum, { start, end }) => sum + end - start, 0n) ?? 0n,
    }
  })
  if (!repartition) for (const topic of topics) requirePartitions(topic, tally)
  const { kind, clusterId } = await bus.admin.describeCluster()
  const fingerprints = files.map(({ fingerprint }) => fingerprint)
  const identity = ['import', clusterId, fingerprints, topics.map(({ topic }) => topic), repartition]
  const state = stateFile(stateFolder, identity)
  const interrupted = restart ? undefined : await validState(bus, state)
  return {
    ...{ files, topics, repartition, tally, bus: { kind, clusterId } },
    ...{ continues: interrupted?.delivered, stateFile: state, interrupted },
  }
}

/** Returns the state of an interrupted transfer; `undefined` if there is none, or if a topic was created again since. */
export async function validState(bus: EventBus, file: StateFile): Promise<TransferState | undefined> {
  const state = file.read()
  if (state === undefined) return undefined
  const ends = await endsOf(bus, [...new Set([...state.next.keys()].map((lane) => lane.split('/')[0] ?? ''))])
  const isSame = [...state.next].every(([lane, next]) => (ends.get(lane) ?? -1n) >= next)
  return isSame ? state : undefined
}

/** Sorts the parts of a split export. Throws `REFUSED` if one between two others is missing. */
function inOrder(files: readonly SourceFile[]): readonly SourceFile[] {
  const sorted = files.toSorted((a, b) => {
    const isSameExport = a.header !== undefined && a.header.created === b.header?.created
    return isSameExport ? a.header.part - (b.header?.part ?? 0) : 0
  })
  for (const { path, end, header } of sorted) {
    if (!end?.continues || header === undefined) continue
    const isThere = sorted.some((one) => one.header?.created === header.created && one.header.part === header.part + 1)
    if (isThere) continue
    throw refused(`${path} continues in part ${header.part + 1}, which is not among the files; nothing was done`, [
      operationHints.skipDamaged(),
    ])
  }
  return sorted
}

function requirePartitions({ source, topic, partitions }: TargetTopic, tally: Tally): void {
  const largest = Math.max(...tally.partitions.filter((one) => one.topic === source).map(({ partition }) => partition))
  if (largest < partitions) return
  const has = `${partitions} partition${partitions === 1 ? '' : 's'}`
  throw refused(`topic '${topic}' has ${has}, and the file has records of partition ${largest}; nothing was done`, [
    operationHints.repartition(),
    operationHints.describeTopic(topic),
  ])
}

const refused = (message: string, hints: readonly Hint[]): EventBusError =>
  new EventBusError('REFUSED', message, { hints })
