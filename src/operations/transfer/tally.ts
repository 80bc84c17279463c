import type { BusRecord } from '../../bus/record.ts'
import type { ExportedPartition } from './frames/export-header.ts'

interface PartitionTally {
  readonly topic: string
  readonly partition: number
  records: number
  last: bigint
}

/** Counts records by partition, with their time span. */
export class Tally {
  readonly #byName = new Map<string, PartitionTally>()
  /** The partition of the record before: most records come in runs of one partition. */
  #current: PartitionTally | undefined
  records = 0
  earliest: bigint | undefined
  latest: bigint | undefined

  add({ topic, partition, offset, timestamp }: BusRecord): void {
    let current = this.#current
    if (current === undefined || current.partition !== partition || current.topic !== topic) {
      current = this.#of(topic, partition)
      this.#current = current
    }
    current.records += 1
    current.last = offset
    this.records += 1
    if (timestamp === -1n) return
    if (this.earliest === undefined || timestamp < this.earliest) this.earliest = timestamp
    if (this.latest === undefined || timestamp > this.latest) this.latest = timestamp
  }

  /** Adds the counts of another file. */
  addCounts({ partitions, earliest, latest }: Pick<Tally, 'partitions' | 'earliest' | 'latest'>): void {
    for (const { topic, partition, records, last } of partitions) {
      const own = this.#of(topic, partition)
      own.records += records
      if (last > own.last) own.last = last
      this.records += records
    }
    if (earliest !== undefined && (this.earliest === undefined || earliest < this.earliest)) this.earliest = earliest
    if (latest !== undefined && (this.latest === undefined || latest > this.latest)) this.latest = latest
  }

  /** The partitions with records, sorted by topic and partition. */
  get partitions(): readonly ExportedPartition[] {
    return [...this.#byName.values()]
      .map((tally) => ({ ...tally }))
      .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition))
  }

  /** The offset of the last record of a partition; `undefined` if there is none. */
  lastOf(topic: string, partition: number): bigint | undefined {
    return this.#byName.get(nameOf(topic, partition))?.last
  }

  #of(topic: string, partition: number): PartitionTally {
    const name = nameOf(topic, partition)
    let tally = this.#byName.get(name)
    if (tally === undefined) {
      tally = { topic, partition, records: 0, last: -1n }
      this.#byName.set(name, tally)
    }
    return tally
  }
}

const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`
