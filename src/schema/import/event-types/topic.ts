import { topicFor, topicNameError } from '../../../bus/names/names.ts'
import { stringValue } from '../../../rust/rust-text.ts'
import type { Item } from '../crates/crates.ts'
import type { ImportNote, ImportProblem } from '../import-report.ts'
import type { ImportRequest } from '../import-schema.ts'

/** What was asked for, else the module's own `TOPIC`, else the convention. */
export function topicOf(
  { rust, module }: Item,
  { topic }: Pick<ImportRequest, 'topic'>,
): { topic: string; notes: ImportNote[] } {
  if (topic !== undefined) return { topic, notes: [] }
  const value = module.consts.get('TOPIC')?.[0]?.value
  const own = value && stringValue(value)
  if (own !== undefined) return { topic: own, notes: [] }
  const words = rust.name.replace(/(Domain)?(Events?|Actions?|Commands?|Messages?)$/, '')
  // `DomainEvent` says nothing of what it is about; its crate does.
  const about = words === '' && module.crate.name !== 'crate' ? module.crate.name : words || rust.name
  const name = topicFor((about.match(/[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+/g) ?? [about]).join('-').toLowerCase())
  return {
    topic: name,
    notes: [{ ...rust.location, text: `the topic is taken to be ${name}; --topic says otherwise` }],
  }
}

/** The bus would refuse it, and the file would be named after it. */
export function topicProblem(topic: string, { rust }: Item, request: ImportRequest): ImportProblem | undefined {
  const error = topicNameError(topic)
  if (!error) return undefined
  const location = request.topic === undefined ? rust.location : { file: request.paths.join(' '), line: 0 }
  const better = topic.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 249)
  const fix = topicNameError(better) ? '--topic order-events' : `--topic ${better}`
  return { ...location, about: '--topic', reason: error.message, fix }
}
