import { test } from 'vitest'
import { isKfake } from '../../support/kafka.ts'

/** The behavior of Apache Kafka that kfake lacks. Also listed in test/README.md. */
type Lack =
  // CreateTopics accepts any value for a setting.
  | 'refuses settings'
  // DescribeTopicPartitions returns null for eligibleLeaderReplicas, on which Java's admin client fails.
  | 'Java admin'
  // ConsumerGroupDescribe identifies the topics of an assignment by id only.
  | 'names of assigned topics'
  // DeleteRecords refuses an offset before the start of the log.
  | 'deletion of deleted records'
  // DeleteRecords deletes records of a topic that is only compacted.
  | 'refuses deletion from compacted topics'

/**
 * Returns the `test` function for a test that needs what kfake lacks. On kfake it expects the test to fail, so the run fails as
 * soon as kfake supports the behavior; the test then becomes a plain `test` again.
 */
export const testBut = (_lack: Lack): typeof test | typeof test.fails => (isKfake ? test.fails : test)
