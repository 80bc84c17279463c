import type { VarintWire } from '../../library-types.ts'
import { readLeb128 } from '../reading/leb128.ts'
import { putLeb128 } from '../writing/sink.ts'
import { type Leaf, primitives } from './leaf.ts'

/** An unsigned integer in LEB128, as `solana_serde_varint` writes it. In JSON it is a number, as the integer itself is. */
export function varintLeaf(name: string, { integer }: VarintWire): Leaf {
  const bits = Number(integer.slice(1))
  const fixed = primitives[integer]
  const read: Leaf['read'] = (cursor) => readLeb128(cursor, bits, name)
  return {
    kind: 'leaf',
    name,
    size: 1,
    read,
    readJson: (cursor) => JSON.stringify(read(cursor)),
    write: (sink, value) => {
      const start = sink.length
      // The integer of fixed size checks the value.
      if (!fixed.write(sink, value)) return false
      const bytes = sink.bytes.subarray(start, sink.length)
      const written = bytes.reduceRight((whole, byte) => (whole << 8n) | BigInt(byte), 0n)
      sink.length = start
      putLeb128(sink, written)
      return true
    },
  }
}
