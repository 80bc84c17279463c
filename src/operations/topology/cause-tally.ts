import { compareNumbers } from '../../bus/compare.ts'
import type { CausedFlow } from './facts.ts'
import type { TypeOfTopic } from './topology.ts'

/** The most flows that are counted. Beyond it, event types contain values, and the list is of no use to people. */
const MAX_FLOWS = 5000
/** The most times of a flow that are kept for the median. */
const MAX_TIMES = 500

interface Counted {
  readonly from: TypeOfTopic
  readonly to: TypeOfTopic
  count: number
  readonly times: number[]
  readonly firstCauses: Map<number, bigint>
}

/** A message, by the number of its type. */
interface Sighting {
  readonly type: number
  /** Milliseconds since 1970; `NaN` for a message without a time. */
  readonly time: number
  readonly partition: number
  readonly offset: bigint
}

/** Joins messages with their causes by id. Keeps the id and the position of each message in memory. */
export class CauseTally {
  readonly #types: TypeOfTopic[] = []
  readonly #messages = new Map<string, Sighting>()
  readonly #effects: (Pick<Sighting, 'type' | 'time'> & { readonly cause: string })[] = []

  /** Adds a type, and returns its number for the other methods. */
  addType(type: TypeOfTopic): number {
    return this.#types.push(type) - 1
  }

  /** Adds a message. If several have the same id, the earliest is the cause, because the others are copies. */
  addMessage(id: string, message: Sighting): void {
    const known = this.#messages.get(id)
    if (known === undefined || message.time < known.time) this.#messages.set(id, message)
  }

  /** Adds a message that another one caused. */
  addEffect(cause: string, { type, time }: Sighting): void {
    this.#effects.push({ cause, type, time })
  }

  /** Returns the flows between different topics. */
  flows(): readonly CausedFlow[] {
    const counted = new Map<number, Counted>()
    for (const { cause, type, time } of this.#effects) {
      const message = this.#messages.get(cause)
      if (message === undefined) continue
      const [from, to] = [this.#types[message.type] as TypeOfTopic, this.#types[type] as TypeOfTopic]
      if (from.topic === to.topic) continue
      const key = message.type * this.#types.length + type
      let flow = counted.get(key)
      if (flow === undefined) {
        if (counted.size >= MAX_FLOWS) continue
        flow = { from, to, count: 0, times: [], firstCauses: new Map() }
        counted.set(key, flow)
      }
      flow.count += 1
      const first = flow.firstCauses.get(message.partition)
      if (first === undefined || message.offset < first) flow.firstCauses.set(message.partition, message.offset)
      const elapsed = time - message.time
      if (flow.times.length < MAX_TIMES && !Number.isNaN(elapsed)) flow.times.push(elapsed)
    }
    return [...counted.values()].map(({ times, ...flow }) => ({ ...flow, median: medianOf(times) }))
  }
}

/** The lower of the two middle times of an even number, which is a time that was measured. */
const medianOf = (times: readonly number[]): number | undefined =>
  [...times].sort(compareNumbers)[Math.floor((times.length - 1) / 2)]
