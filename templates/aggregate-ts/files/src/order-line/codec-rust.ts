import { readFileSync } from 'node:fs'
import { readSchemaFile, schemaCodec } from 'crbus'
import type { OrderLineAction } from './actions.ts'

const read = readSchemaFile(readFileSync(new URL('../../schemas/order-line-events.json', import.meta.url), 'utf8'))
if (!read.ok) throw new Error(read.problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))

/** Reads and writes payloads as a Rust service does for the enum in schemas/order-line-events.json. */
export const orderLineCodec = schemaCodec<OrderLineAction>(read.schema)
