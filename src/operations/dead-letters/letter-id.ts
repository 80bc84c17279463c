import type { Position } from '../../bus/record.ts'

/** The id of a dead letter: a number in an event store, or the position of a record in a dead-letter topic. */
export type LetterId = { readonly kind: 'store'; readonly id: string } | ({ readonly kind: 'topic' } & Position)

/** The largest offset of Kafka, an int64. */
const MAX_OFFSET = 2n ** 63n - 1n
const MAX_PARTITION = 2 ** 31 - 1

/** Parses a position such as `payment-dlq[0]@12`. `undefined` for any other text. */
export function parsePosition(text: string): Position | undefined {
  const [, topic, partition, offset] = /^([\w.-]{1,249})\[(\d{1,10})\]@(\d{1,19})$/.exec(text) ?? []
  if (topic === undefined || partition === undefined || offset === undefined) return undefined
  const position = { topic, partition: Number(partition), offset: BigInt(offset) }
  return position.partition > MAX_PARTITION || position.offset > MAX_OFFSET ? undefined : position
}

/** Parses the id of a dead letter: `17`, or `payment-dlq[0]@12`. `undefined` for any other text. */
export function parseLetterId(text: string): LetterId | undefined {
  // Leading zeros would give one letter several ids.
  if (/^[1-9]\d{0,14}$/.test(text)) return { kind: 'store', id: text }
  const position = parsePosition(text)
  return position && { kind: 'topic', ...position }
}
