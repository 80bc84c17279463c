import type { Letter } from './letter.ts'
import type { SkipCode } from './sending/outgoing.ts'

/** Letters that are left as they are. */
export interface SkipCount {
  readonly code: SkipCode
  readonly count: number
  /** Some of their ids. */
  readonly ids: readonly string[]
}

/** The most ids that a count of skipped letters names. */
const MAX_IDS = 5

/** Counts letters that are left as they are, by the reason. */
export class SkipTally {
  readonly #counts = new Map<SkipCode, { count: number; ids: string[] }>()

  add(code: SkipCode, { id }: Letter): void {
    const known = this.#counts.get(code) ?? { count: 0, ids: [] }
    known.count += 1
    if (known.ids.length < MAX_IDS) known.ids.push(id)
    this.#counts.set(code, known)
  }

  get counts(): readonly SkipCount[] {
    return [...this.#counts].map(([code, { count, ids }]) => ({ code, count, ids }))
  }
}
