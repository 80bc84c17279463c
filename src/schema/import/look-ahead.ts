import type { AssumedAnswer, ImportProblem } from './import-report.ts'

/** The maximum number of imports with assumed answers. Each takes some milliseconds for a service of the usual size. */
const MAX_ATTEMPTS = 128

/** A question with few possible answers. */
interface Question {
  readonly question: string
  readonly answers: readonly string[]
}

/** A question to answer in every way. */
interface Branch extends Question {
  /** The answers to other questions under which the import asks the question. */
  readonly assumed: readonly AssumedAnswer[]
  /** The part of them that the question depends on. */
  readonly conditions: readonly AssumedAnswer[]
}

/** Imports with assumed answers, in addition to those of the user, and returns the problems. */
type Attempt = (assumed: readonly AssumedAnswer[]) => readonly ImportProblem[]

/**
 * Adds the problems that follow from the answers to others, so that the user sees all questions at once. For each question with
 * few possible answers, `attempt` imports again under each answer.
 */
export function withFollowUps(problems: readonly ImportProblem[], attempt: Attempt): readonly ImportProblem[] {
  const all = [...problems]
  const seen = new Set(problems.map(keyOf))
  const branches = new Branches()
  for (const question of problems.flatMap(questionsOf)) branches.add({ ...question, assumed: [], conditions: [] })
  let attempts = 0
  for (let branch = branches.next(); branch; branch = branches.next()) {
    attempts += branch.answers.length
    if (attempts > MAX_ATTEMPTS) break
    for (const { problem, assumed, conditions } of problemsBehind(branch, attempt, seen)) {
      if (seen.has(keyOf(problem))) continue
      seen.add(keyOf(problem))
      const questions = questionsOf(problem)
      // A question about the same option has the same answer, so it need not be shown again. Other problems may follow from it.
      const isShown = questions.length === 0 || !questions.every(({ question }) => branches.hasAsked(question))
      for (const question of questions) branches.add({ ...question, assumed, conditions })
      if (isShown) all.push(conditions.length === 0 ? problem : { ...problem, ifAnswered: conditions })
    }
  }
  return all
}

interface FollowUp {
  readonly problem: ImportProblem
  readonly assumed: readonly AssumedAnswer[]
  readonly conditions: readonly AssumedAnswer[]
}

/** The problems that the answers to a question lead to, except those in `seen`. */
function problemsBehind(branch: Branch, attempt: Attempt, seen: ReadonlySet<string>): FollowUp[] {
  const { question, answers, assumed, conditions } = branch
  const outcomes = answers.map((answer) => {
    const own = { question, answer }
    const all = [...assumed, own]
    return { own, all, problems: new Map(attempt(all).map((problem) => [keyOf(problem), problem])) }
  })
  return outcomes.flatMap(({ own, all, problems }) =>
    [...problems].flatMap(([key, problem]): FollowUp[] => {
      if (seen.has(key)) return []
      // A problem that arises under every answer does not depend on this question.
      const isCertain = outcomes.length > 1 && outcomes.every((outcome) => outcome.problems.has(key))
      return [{ problem, assumed: all, conditions: isCertain ? conditions : [...conditions, own] }]
    }),
  )
}

/** The branches that are not tried yet, each one once. */
class Branches {
  readonly #added = new Set<string>()
  readonly #asked = new Set<string>()
  /** New questions, and those that were asked under other answers before, which seldom lead to new problems. */
  readonly #first: Branch[] = []
  readonly #later: Branch[] = []

  add(branch: Branch): void {
    const { question, assumed } = branch
    const key = JSON.stringify([question, ...assumed.map((one) => `${one.question}=${one.answer}`).sort()])
    if (this.#added.has(key)) return
    this.#added.add(key)
    const queue = this.#asked.has(question) ? this.#later : this.#first
    queue.push(branch)
    this.#asked.add(question)
  }

  next(): Branch | undefined {
    return this.#first.shift() ?? this.#later.shift()
  }

  hasAsked(question: string): boolean {
    return this.#asked.has(question)
  }
}

/** The questions with few possible answers in the fix of a problem. */
function questionsOf({ fix }: ImportProblem): readonly Question[] {
  switch (fix?.code) {
    case 'turn-on':
      return fix.options.map((question) => ({ question, answers: ['on', 'off'] }))
    case 'assume-derived':
    case 'map-or-assume-derived':
      return [{ question: fix.path, answers: ['derived'] }]
    default:
      return []
  }
}

/** Identifies a question regardless of where it arises first, and of the options that an attempt may have answered. */
const keyOf = ({ about, reason }: ImportProblem): string => JSON.stringify([about, reason])
