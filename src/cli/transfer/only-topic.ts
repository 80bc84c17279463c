import { isGlob } from '../../bus/names/glob.ts'
import type { PartitionChoice } from '../../operations/offsets/resolve-slices.ts'
import type { TailTopics } from '../base/tail-flags.ts'
import { UsageError } from '../errors.ts'
import { run } from '../suggestions.ts'

/** Returns the only topic of a command. Throws `UsageError` for a pattern. */
export function onlyTopic(
  { topics, partitions }: TailTopics,
  given: string,
): { readonly topic: string; readonly partitions: PartitionChoice | undefined } {
  const [topic = given] = topics
  if (isGlob(topic)) {
    throw new UsageError(`${topic} is a pattern, and the command takes one topic`, [run('crbus topics list')])
  }
  return { topic, partitions }
}
