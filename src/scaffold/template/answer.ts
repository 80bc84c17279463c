import { duration } from '../../bus/time/duration.ts'
import { scaffoldHints } from '../hints.ts'
import { ScaffoldRefused } from '../refused.ts'
import type { Question, Template } from './manifest.ts'

type Answer = string | number | boolean

/** Returns why a text is not a valid answer to a question, or `undefined` if the text is valid. */
export function whyNoAnswer({ kind, choices }: Question, text: string): string | undefined {
  switch (kind) {
    case 'text':
      return text.trim() === '' ? 'the answer is empty' : undefined
    case 'choice':
      return Object.hasOwn(choices, text) ? undefined : `choose one of ${Object.keys(choices).join(', ')}`
    case 'yes-no':
      return /^(?:yes|no)$/.test(text) ? undefined : 'answer yes or no'
    case 'number':
      return /^[1-9]\d{0,6}$/.test(text) ? undefined : 'enter a whole number of at least 1'
    case 'duration':
      return duration(text) ? undefined : 'enter a time such as 30s or 7d'
  }
}

/**
 * Returns the answers to the questions of a template, by name, with defaults for the questions without an answer. Throws
 * `ScaffoldRefused` for an invalid answer, and for an answer to a question that the template does not ask.
 */
export function readAnswers(
  { questions }: Template,
  given: ReadonlyMap<string, string>,
): Readonly<Record<string, Answer>> {
  for (const name of given.keys()) {
    if (questions.some((question) => question.name === name)) continue
    const known = questions.map((question) => scaffoldHints.answerQuestion(question.name, question.default))
    throw new ScaffoldRefused(`this template does not ask for '${name}'`, known)
  }
  return Object.fromEntries(
    questions.map((question) => {
      const text = given.get(question.name) ?? question.default
      const why = whyNoAnswer(question, text)
      if (why !== undefined) throw new ScaffoldRefused(`invalid answer '${text}' to '${question.name}': ${why}`)
      return [question.name, valueOfAnswer(question, text)]
    }),
  )
}

const valueOfAnswer = ({ kind }: Question, text: string): Answer =>
  kind === 'number' ? Number(text) : kind === 'yes-no' ? text === 'yes' : text
