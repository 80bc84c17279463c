import { compareText } from '../../bus/compare.ts'
import type { AuditCode, AuditExample, AuditFinding } from './report.ts'

/** The examples that a report has of each finding: the oldest events. */
const MAX_EXAMPLES = 20
/** The most event types that are counted for themselves. Real topics stay far below it. */
const MAX_TYPES = 10_000
/** The name under which further types are counted. */
const OTHER_TYPES = '(other types)'

/** Numbers for names, so that entries on disk have a fixed size. */
export class Numbered {
  readonly names: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const own = this.names.length < MAX_TYPES ? name : OTHER_TYPES
    const number = this.#numbers.get(own) ?? this.names.push(own) - 1
    this.#numbers.set(own, number)
    return number
  }
}

/** Collects findings by code and topic, with a bounded number of examples. */
export class Findings {
  readonly #tallies = new Map<string, Tally>()

  add(code: AuditCode, topic: string, example: AuditExample): void {
    const key = `${code} ${topic}`
    let tally = this.#tallies.get(key)
    if (tally === undefined) {
      tally = { code, topic, count: 0, oldest: example.time, newest: example.time, types: new Map(), examples: [] }
      this.#tallies.set(key, tally)
    }
    tally.count += 1
    if (example.time < tally.oldest) tally.oldest = example.time
    if (example.time > tally.newest) tally.newest = example.time
    tally.types.set(example.eventType, (tally.types.get(example.eventType) ?? 0) + 1)
    keepOldest(tally.examples, example)
  }

  /** Returns the findings, sorted by topic. */
  list(): AuditFinding[] {
    return [...this.#tallies.values()]
      .sort((a, b) => compareText(a.topic, b.topic))
      .map(({ types, ...tally }) => ({ ...tally, types: byCount(types) }))
  }
}

interface Tally {
  readonly code: AuditCode
  readonly topic: string
  count: number
  oldest: number
  newest: number
  readonly types: Map<string, number>
  readonly examples: AuditExample[]
}

const byCount = (types: ReadonlyMap<string, number>) =>
  [...types]
    .map(([eventType, count]) => ({ eventType, count }))
    .sort((a, b) => b.count - a.count || compareText(a.eventType, b.eventType))

/** Inserts an example into a list that is sorted by time and version, and cuts the list. */
function keepOldest(examples: AuditExample[], example: AuditExample): void {
  const isBefore = (other: AuditExample) =>
    example.time < other.time || (example.time === other.time && (example.version ?? 0) < (other.version ?? 0))
  if (examples.length === MAX_EXAMPLES && !isBefore(examples.at(-1) as AuditExample)) return
  let at = examples.length
  while (at > 0 && isBefore(examples[at - 1] as AuditExample)) at -= 1
  examples.splice(at, 0, example)
  if (examples.length > MAX_EXAMPLES) examples.pop()
}
