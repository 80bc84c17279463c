import type { Schema } from '../../schema/model.ts'
import { sampleEvents } from './sample.ts'

/** The fields of one variant, as the decoder gives them. */
type Example = Readonly<Record<string, unknown>>

/**
 * An example of each variant with fields, by its name: always the same ones for the same schema. A variant of which none
 * can be made up is left out.
 */
export async function variantExamples(schema: Schema): Promise<ReadonlyMap<string, Example>> {
  const root = schema.types.get(schema.root)
  const examples = new Map<string, Example>()
  for (const { name } of root?.kind === 'enum' ? root.variants : []) {
    const made = await sampleEvents(schema, { eventType: name, count: 1, seed: 1, now: Date.UTC(2026, 0, 15, 10) })
    const [event] = made.ok ? made.events : []
    const value: unknown = event === undefined ? undefined : JSON.parse(event.json)
    const fields = isRecord(value) ? value[name] : undefined
    if (isRecord(fields)) examples.set(name, fields)
  }
  return examples
}

const isRecord = (value: unknown): value is Example =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
