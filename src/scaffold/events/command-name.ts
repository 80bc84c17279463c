import type { Name } from '../name.ts'

/** Exceptions to the rules below, as pairs of a past participle and its verb. */
const irregular = new Map(
  [
    'begun begin, bought buy, broken break, brought bring, built build, chosen choose, cut cut, done do, drawn draw, found find',
    'frozen freeze, given give, held hold, hidden hide, kept keep, laid lay, left leave, lent lend, lost lose, made make, met meet',
    'paid pay, put put, read read, rebuilt rebuild, repaid repay, reset reset, resent resend, rewritten rewrite, run run, seen see',
    'sent send, set set, shown show, shut shut, sold sell, spent spend, split split, taken take, told tell, withdrawn withdraw',
    'won win, written write, added add, fulfilled fulfil, installed install, reinstalled reinstall, recalled recall, refilled refill',
    'created create, recreated recreate, cached cache, focused focus, piloted pilot, pivoted pivot, hanged hang, belonged belong',
  ].flatMap((line) => line.split(', ').map((pair) => pair.split(' ') as [string, string])),
)

/**
 * Matches the stem of a participle whose verb ends with `e`: `plac`, `reserv`, `complet`, `settl`, `captur`. The last letters
 * decide; a vowel before them (`wait`, `clear`, `load`) excludes the stem.
 */
const stemNeedsE = new RegExp(
  `(?:[cvuzg]|[^s]s|[^aeiourlw]l|${[
    '[^eo]a[dkmprt]|[^aeo]i[bdklmnpr]|(?:[vnc]i|[lp]e|[^o]u|[^o]o|rou)t|[^o]o[dk]|[^o]u[dlmn]|[^aeo]ur',
    '(?:st|gn|pl|sc)or|(?:cl|z|ph|p)on|[^e]ed|com|[^ol]op|yp|scal',
  ].join('|')})$`,
)

/** Matches a stem whose last consonant is doubled before `ed`: `shipp`, `logg`, `submitt`. */
const doubledConsonant = /(?:([bdgmnprtv])\1|[aeiou].*[aeiou]ll)$/

/** `placed` → `place`, `shipped` → `ship`, `paid` → `pay`; `undefined` if the word is not a past participle. */
function verbOf(participle: string): string | undefined {
  const known = irregular.get(participle)
  if (known !== undefined) return known
  const stem = participle.slice(0, -2)
  if (stem.length < 2 || !participle.endsWith('ed')) return undefined
  if (stem.endsWith('i')) return `${stem.slice(0, -1)}y`
  if (doubledConsonant.test(stem)) return stem.slice(0, -1)
  return stem.endsWith('e') || stemNeedsE.test(stem) ? `${stem}e` : stem
}

/** Returns the command that leads to an event: `PlaceOrder` for `OrderPlaced`. `undefined` if the last word is not a past participle. */
export function commandOf({ words }: Name): Name | undefined {
  const verb = words.length < 2 ? undefined : verbOf(words.at(-1) as string)
  return verb === undefined ? undefined : { words: [verb, ...words.slice(0, -1)] }
}
