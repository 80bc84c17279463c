import type { Part } from './parts.ts'

/** How the fields of two lists correspond. Fields of the same name and order are not listed. */
interface Alignment {
  readonly added: readonly Part[]
  readonly removed: readonly Part[]
  /** Fields that both lists have, in a different order. */
  readonly moved: readonly Part[]
  /** Pairs of a removed field and the added field between the same neighbors. */
  readonly replaced: readonly (readonly [Part, Part])[]
}

/**
 * Aligns the old fields `a` with the new fields `b` by name. If as many fields were removed as added between two fields that
 * kept their order, each removed field counts as replaced by the added field at the same position.
 */
export function alignFields(a: readonly Part[], b: readonly Part[]): Alignment {
  const keptNames = longestCommonSubsequence(
    a.map(({ name }) => name),
    b.map(({ name }) => name),
  )
  const [names, namesAfter] = [new Set(a.map(({ name }) => name)), new Set(b.map(({ name }) => name))]
  const replaced: (readonly [Part, Part])[] = []
  const added: Part[] = []
  const removed: Part[] = []
  const moved: Part[] = []
  let [index, indexAfter] = [0, 0]
  for (const name of [...keptNames, undefined]) {
    const [gap, gapAfter]: [Part[], Part[]] = [[], []]
    for (; index < a.length && a[index]?.name !== name; index += 1) gap.push(a[index] as Part)
    for (; indexAfter < b.length && b[indexAfter]?.name !== name; indexAfter += 1) gapAfter.push(b[indexAfter] as Part)
    index += 1
    indexAfter += 1
    moved.push(...gap.filter((part) => namesAfter.has(part.name)))
    const removedHere = gap.filter((part) => !namesAfter.has(part.name))
    const addedHere = gapAfter.filter((part) => !names.has(part.name))
    if (removedHere.length === addedHere.length) {
      for (const [position, part] of removedHere.entries()) replaced.push([part, addedHere[position] as Part])
    } else {
      // Different numbers do not tell which field replaced which.
      removed.push(...removedHere)
      added.push(...addedHere)
    }
  }
  return { added, removed, moved, replaced }
}

/** Returns the longest list of items that both lists contain in the same order, not necessarily side by side. */
export function longestCommonSubsequence<T>(a: readonly T[], b: readonly T[]): T[] {
  // The length of the result for the items from each row and column on.
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
