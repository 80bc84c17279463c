import type { Answers } from './model.ts'

/** Whether a question is about an option of `cfg`: a feature, or a common property of the target. */
export const isCfgOption = (question: string): boolean =>
  /^feature:|^\w+\s*=\s*"|^(unix|windows|debug_assertions)$/.test(question)

const isDecided = (answer: string): boolean => /^(on|off|yes|no|true|false)$/.test(answer)

/** The answers about options of `cfg`, by option: `feature:beta` → `on`. Any other question has no such answers. */
export const cfgAnswers = ({ assume }: Answers): readonly (readonly [string, string])[] =>
  [...assume].filter(([question, answer]) => isCfgOption(question) || isDecided(answer))

/** The options of `cfg` whose answer is neither on nor off, as in a schema file that was written by hand. */
export const undecidedOptions = (answers: Answers): readonly string[] =>
  cfgAnswers(answers).flatMap(([option, answer]) => (isDecided(answer) ? [] : option))

/** Answers that remember for which questions `get` returned one. */
export class RecordedAnswers extends Map<string, string> {
  readonly used = new Set<string>()

  override get(question: string): string | undefined {
    const answer = super.get(question)
    if (answer !== undefined) this.used.add(question)
    return answer
  }
}
