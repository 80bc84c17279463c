import { duration } from '../../bus/time/duration.ts'
import { ScaffoldRefused } from '../refused.ts'
import type { Question, Template } from './template.ts'

type Answer = string | number | boolean

/** Why a text is no answer to a question; `undefined` when it is one. */
export function whyNoAnswer({ kind, choices }: Question, text: string): string | undefined {
  switch (kind) {
    case 'text':
      return text.trim() === '' ? 'it is empty' : undefined
    case 'choice':
      return Object.hasOwn(choices, text) ? undefined : `it is one of ${Object.keys(choices).join(', ')}`
    case 'yes-no':
      return /^(?:yes|no)$/.test(text) ? undefined : 'it is yes or no'
    case 'number':
      return /^[1-9]\d{0,6}$/.test(text) ? undefined : 'it is a whole number from 1 on'
    case 'duration':
      return duration(text) ? undefined : 'it is a time such as 30s or 7d'
  }
}

/**
 * What a template was told, by name. A question nobody answered has its default. Refuses answers that are none, and
 * answers to what was not asked.
 */
export function readAnswers(
  { questions }: Template,
  given: ReadonlyMap<string, string>,
): Readonly<Record<string, Answer>> {
  for (const name of given.keys()) {
    if (questions.some((question) => question.name === name)) continue
    const known = questions.map((question) => `--set ${question.name}=${question.default}`)
    throw new ScaffoldRefused(`this template does not ask for '${name}'`, known)
  }
  return Object.fromEntries(
    questions.map((question) => {
      const text = given.get(question.name) ?? question.default
      const why = whyNoAnswer(question, text)
      if (why !== undefined) throw new ScaffoldRefused(`'${text}' does not answer '${question.name}': ${why}`)
      return [question.name, valueOfAnswer(question, text)]
    }),
  )
}

const valueOfAnswer = ({ kind }: Question, text: string): Answer =>
  kind === 'number' ? Number(text) : kind === 'yes-no' ? text === 'yes' : text
