// What the in-memory and the embedded bus have in common: they store the settings of topics without applying them.
import type { SettingChanges, TopicSetting } from '../bus/admin.ts'
import { compareText } from '../bus/compare.ts'
import { offsetAfterEnd, onlyCompacted, partitionNotFound } from '../bus/errors.ts'
import type { PartitionRange } from '../bus/topic-log.ts'

/** Returns settings after a change, of which `null` removes a setting. */
export const changedConfig = (
  config: Readonly<Record<string, string>>,
  changes: SettingChanges,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...config, ...changes }).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )

/** Lists the settings of a topic, sorted by name. */
export const toSettings = (config: ReadonlyMap<string, string>): readonly TopicSetting[] =>
  [...config]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => ({ name, value, source: 'topic', inherited: { value: null, source: 'default' } }))

/** Throws `REFUSED` if the records before these offsets cannot be deleted, as Kafka does. */
export function requireDeletable(
  topic: string,
  config: ReadonlyMap<string, string>,
  ranges: readonly PartitionRange[],
  offsets: ReadonlyMap<number, bigint>,
): void {
  if (config.get('cleanup.policy') === 'compact') throw onlyCompacted(topic)
  for (const [partition, offset] of offsets) {
    const range = ranges.find((one) => one.partition === partition)
    if (range === undefined) throw partitionNotFound(topic, partition, ranges.length)
    if (offset > range.end) throw offsetAfterEnd(topic, partition, offset)
  }
}
