import type { Variants } from '../model.ts'
import { longestCommonSubsequence } from './align.ts'
import { DIFFERS, FAILS, misread } from './effect.ts'
import type { Judgement } from './judgement.ts'
import type { ChangeDetail, MisreadVariant } from './schema-change.ts'

/** A variant whose number now belongs to another variant, or is free (`after` is `undefined`). */
export interface Mistake {
  readonly before: string
  readonly after: string | undefined
  readonly judged: Judgement
}

/** Describes how the variants `a` of an enum were renumbered to `b`, and as what old bytes are read. */
export function renumberedVariants(a: Variants, b: Variants, mistakes: readonly Mistake[]): ChangeDetail {
  const [names, namesAfter] = [a.map(({ name }) => name), b.map(({ name }) => name)]
  const kept = longestCommonSubsequence(names, namesAfter)
  const lastKept = namesAfter.findLastIndex((name) => names.includes(name))
  const mistaken = new Set(mistakes.map(({ before }) => before))
  // A new variant with the number of a removed one is a rename, unless the old variant's bytes are read as another.
  const isRenamed = (name: string, index: number): boolean => {
    const before = names[index]
    return before !== undefined && !namesAfter.includes(before) && !mistaken.has(before) && name !== before
  }
  const inserted = namesAfter.filter(
    (name, index) => !names.includes(name) && index < lastKept && !isRenamed(name, index),
  )
  const lastInserted = inserted.at(-1)
  const insertedBefore = lastInserted === undefined ? undefined : namesAfter[namesAfter.indexOf(lastInserted) + 1]
  return {
    code: 'variants-renumbered',
    isReordered: names.some((name) => namesAfter.includes(name) && !kept.includes(name)),
    inserted,
    ...(insertedBefore === undefined ? {} : { insertedBefore }),
    removed: names.filter((name) => !namesAfter.includes(name) && mistaken.has(name)),
    misread: [...mistakes.filter(isSilent), ...mistakes.filter((mistake) => !isSilent(mistake))].map(outcomeOf),
  }
}

/** Whether some old bytes decode as the other variant. */
const isSilent = ({ judged }: Mistake): boolean => (misread(judged.effect) & DIFFERS) !== 0

function outcomeOf({ before, after, judged }: Mistake): MisreadVariant {
  if (after === undefined) return { before, outcome: 'fails' }
  const effect = misread(judged.effect)
  if ((effect & DIFFERS) === 0) return { before, after, outcome: 'fails' }
  return { before, after, outcome: (effect & FAILS) === 0 ? 'decodes' : 'decodes-or-fails' }
}
