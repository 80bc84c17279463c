import type { Answers, Schema } from './model.ts'

/** Whether a question is about an option of `cfg`: a feature, or a common property of the target. */
export const isCfgOption = (question: string): boolean =>
  /^feature:|^\w+\s*=\s*"|^(unix|windows|debug_assertions)$/.test(question)

const isDecided = (answer: string): boolean => /^(on|off|yes|no|true|false)$/.test(answer)

/** The answers about options of `cfg`, by option: `feature:beta` → `on`. Any other question has no such answers. */
const cfgAnswers = (answers: Answers | undefined): readonly (readonly [string, string])[] =>
  [...(answers?.assume ?? [])].filter(([question, answer]) => isCfgOption(question) || isDecided(answer))

/** The options of `cfg` whose answer is neither on nor off, as in a schema file that was written by hand. */
export const undecidedOptions = (answers: Answers | undefined): readonly string[] =>
  cfgAnswers(answers).flatMap(([option, answer]) => (isDecided(answer) ? [] : option))

/** How many answers a message lists, so that it stays short. */
const MAX_SHOWN_ANSWERS = 4

/**
 * Says with which answers about options of `cfg` a schema was imported, because bytes of a service that was built with other
 * options do not fit the schema. `undefined` if there are no such answers.
 */
export function importedWith({ answers }: Schema): string | undefined {
  const all = cfgAnswers(answers).map(([option, answer]) => `${option}=${answer}`)
  if (all.length === 0) return undefined
  const rest = all.length > MAX_SHOWN_ANSWERS ? ` and ${all.length - MAX_SHOWN_ANSWERS} more` : ''
  return `the schema was imported with ${all.slice(0, MAX_SHOWN_ANSWERS).join(', ')}${rest}`
}

/** Answers that remember for which questions `get` returned one. */
export class RecordedAnswers extends Map<string, string> {
  readonly used = new Set<string>()

  override get(question: string): string | undefined {
    const answer = super.get(question)
    if (answer !== undefined) this.used.add(question)
    return answer
  }
}
