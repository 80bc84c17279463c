import type { Schema } from '../../schema/model.ts'
import { sampleEvents } from './sample.ts'

/** Sample values of the fields of one variant, as the decoder returns them. */
type SampleFields = Readonly<Record<string, unknown>>

/**
 * Creates sample fields for each variant of the root enum, by variant name. The same schema always gives the same samples. Leaves
 * out variants without fields, and variants for which no sample can be created.
 */
export async function sampleFieldsByVariant(schema: Schema): Promise<ReadonlyMap<string, SampleFields>> {
  const root = schema.types.get(schema.root)
  const samples = new Map<string, SampleFields>()
  for (const { name } of root?.kind === 'enum' ? root.variants : []) {
    const samplesOfVariant = await sampleEvents(schema, { name, count: 1, seed: 1, now: Date.UTC(2026, 0, 15, 10) })
    const [event] = samplesOfVariant.ok ? samplesOfVariant.events : []
    const value: unknown = event === undefined ? undefined : JSON.parse(event.json)
    const fields = isRecord(value) ? value[name] : undefined
    if (isRecord(fields)) samples.set(name, fields)
  }
  return samples
}

const isRecord = (value: unknown): value is SampleFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
