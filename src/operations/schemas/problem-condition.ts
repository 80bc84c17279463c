import type { ImportProblem } from '../../schema/import/import-report.ts'

/** Returns the answers under which a problem of an import arises: `feature:beta is on`. `undefined` if it arises in any case. */
export const conditionOf = ({ ifAnswered }: ImportProblem): string | undefined =>
  ifAnswered
    ?.map(({ question, answer }) =>
      answer === 'derived' ? `${question} derives Serialize` : `${question} is ${answer}`,
    )
    .join(' and ')
