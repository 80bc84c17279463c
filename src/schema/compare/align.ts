import type { Part } from './parts.ts'

interface Alignment {
  readonly added: readonly Part[]
  readonly removed: readonly Part[]
  /** Fields of both lists whose order among each other changed. */
  readonly moved: readonly Part[]
  /** Pairs of a removed and an added field between the same neighbors. */
  readonly replaced: readonly (readonly [Part, Part])[]
}

/**
 * Aligns two lists of fields by name. Between two fields that kept their order, as many removed fields as added ones
 * count as replacements of each other, in their order.
 */
export function alignFields(a: readonly Part[], b: readonly Part[]): Alignment {
  const kept = longestCommonSubsequence(
    a.map(({ name }) => name),
    b.map(({ name }) => name),
  )
  const [names, namesAfter] = [new Set(a.map(({ name }) => name)), new Set(b.map(({ name }) => name))]
  const replaced: (readonly [Part, Part])[] = []
  const added: Part[] = []
  const removed: Part[] = []
  const moved: Part[] = []
  let [at, to] = [0, 0]
  for (const name of [...kept, undefined]) {
    const [gap, gapAfter]: [Part[], Part[]] = [[], []]
    for (; at < a.length && a[at]?.name !== name; at += 1) gap.push(a[at] as Part)
    for (; to < b.length && b[to]?.name !== name; to += 1) gapAfter.push(b[to] as Part)
    at += 1
    to += 1
    moved.push(...gap.filter((part) => namesAfter.has(part.name)))
    const gone = gap.filter((part) => !namesAfter.has(part.name))
    const fresh = gapAfter.filter((part) => !names.has(part.name))
    // Two fields for one are more than a rename.
    const isEven = gone.length === fresh.length
    for (const [index, part] of gone.entries()) if (isEven) replaced.push([part, fresh[index] as Part])
    if (!isEven) {
      removed.push(...gone)
      added.push(...fresh)
    }
  }
  return { added, removed, moved, replaced }
}

export function longestCommonSubsequence<T>(a: readonly T[], b: readonly T[]): T[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0
  for (let row = a.length - 1; row >= 0; row -= 1) {
    for (let column = b.length - 1; column >= 0; column -= 1) {
      const found =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
      ;(lengths[row] as number[])[column] = found
    }
  }
  const common: T[] = []
  for (let [row, column] = [0, 0]; row < a.length && column < b.length; ) {
    if (a[row] === b[column]) {
      common.push(a[row] as T)
      row += 1
      column += 1
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return common
}
