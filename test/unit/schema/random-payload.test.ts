import { expect, test } from 'vitest'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { payloadMaker } from '../../../src/schema/evidence/random-payload.ts'
import { seededRandom } from '../../../src/schema/evidence/seeded-random.ts'
import { libraryTypes } from '../../../src/schema/library-types.ts'
import type { Fields, Schema, Type } from '../../../src/schema/model.ts'

const fieldOf = (type: Type): Fields => ({ kind: 'fields', fields: [{ name: 'it', type }] })

const withField = (name: string): Schema => ({
  topic: 'order-events',
  root: 'OrderEvent',
  events: new Map(),
  types: new Map([['OrderEvent', { kind: 'struct', at: '', fields: fieldOf({ kind: 'known', name }) }]]),
  answers: { map: new Map(), assume: new Map() },
})

test.each(libraryTypes.filter(({ wire }) => wire !== undefined))(
  'the random payloads of $name can be encoded',
  ({ name }) => {
    const schema = withField(name)
    const [make, { encode }] = [payloadMaker(schema, 'usual'), compileEncoder(schema)]
    const random = seededRandom(1)
    const values = Array.from({ length: 20 }, () => make(random, []))
    expect(values.filter((value) => value !== undefined).flatMap((value) => failureOf(encode(value)))).toEqual([])
  },
)

const failureOf = (encoded: ReturnType<ReturnType<typeof compileEncoder>['encode']>): readonly string[] =>
  encoded.ok ? [] : [`${encoded.path}: ${encoded.reason}`]
