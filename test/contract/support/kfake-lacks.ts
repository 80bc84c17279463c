import { test } from 'vitest'
import { isKfake } from '../../support/kafka.ts'

/** What kfake lacks of what Apache Kafka does, by what a test needs. Listed in test/README.md too. */
type Lack =
  // CreateTopics takes any value for a setting.
  | 'refuses settings'
  // DescribeTopicPartitions answers null for eligibleLeaderReplicas, over which Java's admin client fails.
  | 'Java admin'
  // ConsumerGroupDescribe names the topics of an assignment by their id alone.
  | 'names of assigned topics'

/**
 * `test` for what kfake lacks. There the test is expected to fail, so that it fails the run as soon as kfake no longer lacks
 * it, and then is a plain `test` again.
 */
export const testBut = (_lack: Lack): typeof test | typeof test.fails => (isKfake ? test.fails : test)
