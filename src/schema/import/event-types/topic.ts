import { topicFor, topicNameError } from '../../../bus/names/names.ts'
import { validTopicLike } from '../../../bus/names/topic-name.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import type { Item } from '../crates/module.ts'
import { importHints } from '../hints.ts'
import type { ImportProblem } from '../import-report.ts'
import type { ImportRequest } from '../import-request.ts'
import type { ImportNote } from '../notes.ts'
import { wordsOf } from './case-style.ts'

/** Returns the requested topic, else the constant `TOPIC` of the enum's module, else `order-events` for an enum `OrderEvent`. */
export function topicOf(
  { rust, module }: Item,
  { topic }: Pick<ImportRequest, 'topic'>,
): { topic: string; notes: ImportNote[] } {
  if (topic !== undefined) return { topic, notes: [] }
  const value = module.consts.get('TOPIC')?.[0]?.value
  const constant = value && stringValue(value)
  if (constant !== undefined) return { topic: constant, notes: [] }
  const words = rust.name.replace(/(Domain)?(Events?|Actions?|Commands?|Messages?)$/, '')
  // The name of a type such as `DomainEvent` has no subject, so use the name of its crate.
  const subject = words === '' && module.crate.name !== 'crate' ? module.crate.name : words || rust.name
  const name = topicFor(wordsOf(subject).join('-').toLowerCase())
  return {
    topic: name,
    notes: [{ ...rust.location, code: 'topic-assumed', topic: name }],
  }
}

/** Returns a problem if the topic name is invalid: brokers would reject it, and it is also the name of the schema file. */
export function topicProblem(topic: string, { rust }: Item, request: ImportRequest): ImportProblem | undefined {
  const error = topicNameError(topic)
  if (!error) return undefined
  const location = request.topic === undefined ? rust.location : { file: request.paths.join(' '), line: 0 }
  const fix = importHints.correctTopic(validTopicLike(topic))
  return { ...location, about: 'the topic', reason: error.message, fix }
}
