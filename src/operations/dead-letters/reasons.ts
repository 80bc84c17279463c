import type { Letter } from './letter.ts'

/** Letters with the same reason, apart from numbers and ids in it. */
export interface ReasonCount {
  /** The reason, with `…` for numbers and ids. */
  readonly reason: string
  readonly count: number
  /** When the first and the last of them failed, in milliseconds since 1970. */
  readonly first: number | undefined
  readonly last: number | undefined
}

/** The most reasons that are counted by themselves, and the most characters of one. */
const MAX_REASONS = 500
const MAX_REASON_CHARS = 200
/** The reason of the letters beyond {@link MAX_REASONS}. */
const OTHER_REASONS = 'other reasons'

/** Replaces ids and numbers by `…`, so that the reasons of many letters become few. */
export const foldReason = (reason: string): string =>
  reason
    .slice(0, 4 * MAX_REASON_CHARS)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '…')
    // Message ids of crbus, and hashes.
    .replaceAll(/(?<![\w-])(?=[\w-]*\d)[\w-]{22}(?![\w-])/g, '…')
    .replaceAll(/\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '…')
    .replaceAll(/\d+(?:[.,:]\d+)*/g, '…')
    .slice(0, MAX_REASON_CHARS)

/** Counts letters by their reasons. */
export class ReasonTally {
  readonly #counts = new Map<string, { count: number; first: number | undefined; last: number | undefined }>()

  add({ reason, firstFailedAt, lastFailedAt }: Letter): void {
    const folded = foldReason(reason)
    const key = this.#counts.has(folded) || this.#counts.size < MAX_REASONS ? folded : OTHER_REASONS
    const known = this.#counts.get(key)
    this.#counts.set(key, {
      count: (known?.count ?? 0) + 1,
      first: extreme(Math.min, known?.first, firstFailedAt),
      last: extreme(Math.max, known?.last, lastFailedAt),
    })
  }

  /** The reasons, the most frequent first. */
  get counts(): readonly ReasonCount[] {
    return [...this.#counts]
      .map(([reason, counts]) => ({ reason, ...counts }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
  }
}

const extreme = (choose: (a: number, b: number) => number, a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : choose(a, b)
