import { topicFor, topicNameError } from '../../../bus/names/names.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import type { Item } from '../crates/module.ts'
import { importHints } from '../hints.ts'
import type { ImportProblem } from '../import-report.ts'
import type { ImportRequest } from '../import-request.ts'
import type { ImportNote } from '../notes.ts'
import { wordsOf } from './case-style.ts'

/** The requested topic, else the module's constant `TOPIC`, else a topic named after the enum by convention. */
export function topicOf(
  { rust, module }: Item,
  { topic }: Pick<ImportRequest, 'topic'>,
): { topic: string; notes: ImportNote[] } {
  if (topic !== undefined) return { topic, notes: [] }
  const value = module.consts.get('TOPIC')?.[0]?.value
  const own = value && stringValue(value)
  if (own !== undefined) return { topic: own, notes: [] }
  const words = rust.name.replace(/(Domain)?(Events?|Actions?|Commands?|Messages?)$/, '')
  // The name of a type such as `DomainEvent` has no subject, so use the name of its crate.
  const subject = words === '' && module.crate.name !== 'crate' ? module.crate.name : words || rust.name
  const name = topicFor(wordsOf(subject).join('-').toLowerCase())
  return {
    topic: name,
    notes: [{ ...rust.location, code: 'topic-assumed', topic: name }],
  }
}

/** The problem of an invalid topic name, which brokers reject and which would also be the name of the schema file. */
export function topicProblem(topic: string, { rust }: Item, request: ImportRequest): ImportProblem | undefined {
  const error = topicNameError(topic)
  if (!error) return undefined
  const location = request.topic === undefined ? rust.location : { file: request.paths.join(' '), line: 0 }
  const corrected = topic.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 249)
  const fix = importHints.correctTopic(topicNameError(corrected) ? 'order-events' : corrected)
  return { ...location, about: 'the topic', reason: error.message, fix }
}
