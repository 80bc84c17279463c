import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take a minute or more, the longest first: begun last, one of them would run alone at the end. Files that compute,
 * such as those of a shop, stand between files that wait, so that they do not run side by side.
 */
const LONG = [
  'contract/shop-processes',
  'contract/kafka-restarts',
  'e2e/runtimes',
  'contract/clocks',
  'contract/shop-chaos',
  'contract/kafka-failover',
  'contract/kafka-damage',
  'contract/shop-outages',
  'contract/outbox-kills',
  'contract/kafka-outage',
  'contract/kafka-faults',
  'e2e/kills',
  'contract/kafka-groups',
  'contract/postgres-store',
  'e2e/rust-templates',
  'contract/kafka',
  'e2e/scaffold',
  'contract/kafka-driver',
  'e2e/packed',
  'templates/mutation-score',
  'templates/rust',
  'templates/mutants',
].map((name) => `/test/${name}.test.ts`)

/** The place among the long files, or behind all of them. */
function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((name) => moduleId.endsWith(name))
  return at < 0 ? LONG.length : at
}

/** Begins with the files that are known to be long; vitest itself knows how long a file took only where it ran before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    return (await super.sort(files)).sort((a, b) => groupOf(a) - groupOf(b) || rank(a) - rank(b))
  }
}
