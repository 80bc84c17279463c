import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

/**
 * Returns the function that renames the topics of files by the values of `--topic`: one name for the only topic, or pairs OLD=NEW.
 * Throws `UsageError` for a name that fits no topic, and for a file whose lines name no topic.
 */
export function toRename(given: readonly string[] | undefined, topics: readonly string[]): (topic: string) => string {
  const [only] = given ?? []
  if (given?.length === 1 && only !== undefined && !only.includes('=')) {
    if (topics.length > 1) {
      const [first = 'OLD'] = topics
      throw new UsageError(
        `the files have ${topics.length} topics, so --topic ${only} does not say which of them to rename`,
        [flag(`--topic ${first}=${only}`)],
      )
    }
    return () => only
  }
  const names = new Map(
    (given ?? []).map((pair) => {
      const at = pair.indexOf('=')
      const old = pair.slice(0, at)
      if (at < 1 || !topics.includes(old)) {
        throw new UsageError(`--topic ${pair}: the files have no topic ${at < 1 ? pair : old}`, [
          flag(`--topic ${topics[0] ?? 'OLD'}=NEW`),
        ])
      }
      return [old, pair.slice(at + 1)] as const
    }),
  )
  if (topics.includes('') && !names.has('')) {
    throw new UsageError('the lines of the file name no topic', [flag('--topic order-events')])
  }
  return (topic) => names.get(topic) ?? topic
}
