import type { AssumedAnswer, ImportProblem } from './import-report.ts'

/** The maximum number of imports with assumed answers. Each takes some milliseconds for a service of the usual size. */
const MAX_ATTEMPTS = 48

/** A question with few possible answers, and the answers to other questions under which it arises. */
interface Branch {
  readonly under: readonly AssumedAnswer[]
  readonly question: string
  readonly answers: readonly string[]
}

/**
 * Adds the problems that follow from the answers to others, so that the user sees all questions at once. For each question with
 * few possible answers, `attempt` imports again under each answer and returns the problems.
 */
export function withFollowUps(
  problems: readonly ImportProblem[],
  attempt: (assumed: readonly AssumedAnswer[]) => readonly ImportProblem[],
): readonly ImportProblem[] {
  const all = [...problems]
  const seen = new Set(problems.map(keyOf))
  const queue = branchesOf(problems, [])
  const asked = new Set(queue.map(({ question }) => question))
  let attempts = 0
  // Iterating the array includes the branches that are added meanwhile.
  for (const { under, question, answers } of queue) {
    attempts += answers.length
    if (attempts > MAX_ATTEMPTS) break
    const outcomes = answers.map((answer) => {
      const ifAnswered = [...under, { question, answer }]
      return { ifAnswered, more: attempt(ifAnswered).filter((problem) => !seen.has(keyOf(problem))) }
    })
    for (const { ifAnswered, more } of outcomes) {
      for (const problem of more) {
        if (seen.has(keyOf(problem))) continue
        seen.add(keyOf(problem))
        // A problem that arises under every answer does not depend on this question.
        const isCertain =
          outcomes.length > 1 && outcomes.every((other) => other.more.some((one) => keyOf(one) === keyOf(problem)))
        const conditions = isCertain ? under : ifAnswered
        const branches = branchesOf([problem], conditions)
        queue.push(...branches)
        // The same question under another answer may lead to other problems, but need not be shown again.
        if (branches.length > 0 && branches.every((branch) => asked.has(branch.question))) continue
        for (const branch of branches) asked.add(branch.question)
        all.push(conditions.length === 0 ? problem : { ...problem, ifAnswered: conditions })
      }
    }
  }
  return all
}

/** The questions with few answers among the fixes of problems. */
function branchesOf(problems: readonly ImportProblem[], under: readonly AssumedAnswer[]): Branch[] {
  const branches = problems.flatMap(({ fix }): Branch[] => {
    switch (fix?.code) {
      case 'turn-on':
        return fix.options.map((question) => ({ under, question, answers: ['on', 'off'] }))
      case 'assume-derived':
      case 'map-or-assume-derived':
        return [{ under, question: fix.path, answers: ['derived'] }]
      default:
        return []
    }
  })
  return [...new Map(branches.map((branch) => [branch.question, branch])).values()]
}

/** Identifies a problem regardless of the options that its fix names, of which an attempt may have answered some. */
const keyOf = ({ file, line, about, reason }: ImportProblem): string => JSON.stringify([file, line, about, reason])
