import { describe, expect, test } from 'vitest'
import { decodeCbor } from '../../../src/codecs/cbor/cbor.ts'
import { type ExactValue, exactOf, Float } from '../../../src/codecs/cbor/exact-value.ts'
import { writeCbor } from '../../../src/codecs/cbor/write-cbor.ts'
import { decodeMsgpack } from '../../../src/codecs/msgpack/decode-msgpack.ts'
import { encodeMsgpack } from '../../../src/codecs/msgpack/encode-msgpack.ts'

const formats = [
  ['CBOR', writeCbor, decodeCbor],
  ['MessagePack', encodeMsgpack, decodeMsgpack],
] as const

/** Around every number at which a length or an integer gets another form. */
const lengths = [0, 1, 15, 16, 17, 23, 24, 25, 31, 32, 33, 127, 128, 129, 255, 256, 257, 65535, 65536, 65537]
const bounds = [7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n].flatMap((bits) =>
  [-1n, 0n, 1n].flatMap((more) => [(1n << bits) + more, -(1n << bits) + more]),
)
const asRead = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

describe.each(formats)('%s', (_, write, decode) => {
  const again = (value: ExactValue) => decode(write(value))

  test.each(lengths)('has texts, bytes, lists and maps of the length %i', (length) => {
    const text = 'x'.repeat(length)
    const list = Array.from({ length }, (_, index) => index % 100)
    const map = new Map(list.map((item, index) => [`${index}`, item]))
    expect(again(text)).toEqual({ ok: true, value: text })
    const bytes = again(Buffer.from(text))
    expect(bytes.ok && Buffer.from(bytes.value as Uint8Array).toString()).toBe(text)
    expect(again(list)).toEqual({ ok: true, value: list })
    expect(again(map)).toEqual({ ok: true, value: Object.fromEntries(map) })
  })

  test('has integers of every width', () => {
    for (const value of bounds.filter((one) => one >= -(1n << 63n) && one < 1n << 64n))
      expect(again(value)).toEqual({ ok: true, value: asRead(value) })
  })

  test('has floats, which stay floats if they have no fraction', () => {
    for (const value of [
      0,
      -0,
      1,
      1.5,
      0.1,
      65504,
      65505,
      2 ** -24,
      2 ** -25,
      1e300,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]) {
      const bytes = write(new Float(value, false))
      expect(decode(bytes)).toEqual({ ok: true, value })
      expect(Buffer.from(bytes)).not.toEqual(Buffer.from(write(1)))
    }
  })

  test('refuses values that end early, and bytes that are left over', () => {
    const bytes = write(exactOf({ a: [1, -70_000, 'text', null, true, 2.5], b: { c: 'x'.repeat(300) } }))
    for (let end = 0; end < bytes.length; end += 1) expect(decode(bytes.subarray(0, end)).ok).toBe(false)
    expect(decode(Buffer.concat([bytes, Buffer.from([0])])).ok).toBe(false)
  })

  test('refuses values that are nested too deeply', () => {
    const deep = (levels: number): ExactValue => (levels === 0 ? 1 : [deep(levels - 1)])
    expect(decode(write(deep(200))).ok).toBe(true)
    expect(decode(write(deep(300)))).toMatchObject({ ok: false, reason: expect.stringContaining('nested') })
  })
})

test.each([
  ['a length beyond the bytes', 'dbffffffff', 'byte 5 needs 4294967295 more bytes, 0 are left'],
  ['a list beyond the bytes', 'ddffffffff', 'byte 5 needs 4294967295 more bytes, 0 are left'],
  ['a map beyond the bytes', 'dfffffffff', 'byte 5 needs 8589934590 more bytes, 0 are left'],
  ['text that is not UTF-8', 'a1ff', 'the text at byte 1 is not UTF-8'],
  ['an extension type', 'd40100', 'the byte 0xd4 at byte 0 begins no value of serde'],
  ['no bytes', '', 'byte 0 needs 1 more bytes, 0 are left'],
])('MessagePack refuses %s', (_, hex, reason) => {
  expect(decodeMsgpack(Buffer.from(hex, 'hex'))).toEqual({ ok: false, reason: `not MessagePack: ${reason}` })
})

test('maps of MessagePack may have any keys', () => {
  const map = new Map<ExactValue, ExactValue>([
    [1, 'one'],
    ['__proto__', 'own'],
  ])
  const decoded = decodeMsgpack(encodeMsgpack(map))
  expect(decoded.ok && Object.entries(decoded.value as object)).toEqual([
    ['1', 'one'],
    ['__proto__', 'own'],
  ])
})
