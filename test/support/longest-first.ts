import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Test files that take a minute or more, the longest first: if one of them started last, it would run alone at the end. Files
 * that use the CPU, such as those of a shop, are listed between files that wait, so that they do not run in parallel.
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

/** Returns the index among the long files, or an index after all of them. */
function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((name) => moduleId.endsWith(name))
  return at < 0 ? LONG.length : at
}

/** Starts with the long files. vitest itself only knows the durations of files that ran on this machine before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    return (await super.sort(files)).sort((a, b) => groupOf(a) - groupOf(b) || rank(a) - rank(b))
  }
}
