import { SHORT_VEC } from '../../library-containers.ts'
import { libraryType, type Wire } from '../../library-types.ts'
import type { Fields, Schema, Type } from '../../model.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { TransferInteger } from './integers.ts'
import { begin, copy, failTransfer, newTransfer, type Transfer } from './transfer.ts'

/** A payload with the other encoding of its integers. After a failure, `bytes` is the part before it. */
interface Transcoded {
  readonly bytes: Uint8Array
  /** `undefined` if the whole payload was transferred. Empty if the bytes themselves show the reason. */
  readonly failure: string | undefined
  /** Where reading stopped, as an offset in the payload. */
  readonly offset: number
}

/** Changes the encoding of the integers in payloads of one schema. */
export interface Transcoder {
  readonly transcode: (payload: Uint8Array) => Transcoded
  /** The offset in the payload of an offset in the transcoded bytes. */
  readonly offsetIn: (payload: Uint8Array, offset: number) => number
}

type Step = (transfer: Transfer) => void

/**
 * Compiles a schema to a function that changes the encoding of the integers in a payload, so that one decoder and one encoder serve
 * both. Bytes after the value are kept, so that the decoder reports them.
 */
export function compileTranscoder(schema: Schema, integer: TransferInteger): Transcoder {
  const step = new StepCompiler(schema, integer).type({ kind: 'named', name: schema.root })
  const transfer = newTransfer()
  const transcode = (payload: Uint8Array): Transcoded => {
    begin(transfer, payload)
    step(transfer)
    const failure = transfer.hasFailed ? transfer.reason : undefined
    const offset = transfer.position
    if (failure === undefined) copy(transfer, payload.length - transfer.position)
    const bytes = transfer.output.slice(0, transfer.length)
    // The transfer lives longer than the payload, so it must not keep the payload in memory.
    transfer.input = new Uint8Array(0)
    return { bytes, failure, offset }
  }
  const offsetIn = (payload: Uint8Array, offset: number): number => {
    const places: (readonly [number, number])[] = []
    transfer.places = places
    transcode(payload)
    transfer.places = undefined
    const [output, input] = places.findLast((place) => place[0] <= offset) ?? [0, 0]
    return Math.min(input + offset - output, payload.length)
  }
  return { transcode, offsetIn }
}

const sizes: Readonly<Partial<Record<Type['kind'], readonly [size: number, isSigned: boolean]>>> = {
  ...{ u16: [2, false], u32: [4, false], u64: [8, false], usize: [8, false], u128: [16, false] },
  ...{ i16: [2, true], i32: [4, true], i64: [8, true], isize: [8, true], i128: [16, true] },
}

/** The types that have the same bytes in both encodings, with their sizes. */
const unchanged: Readonly<Partial<Record<Type['kind'], number>>> = { unit: 0, bool: 1, u8: 1, i8: 1, f32: 4, f64: 8 }

class StepCompiler {
  readonly #schema: Schema
  readonly #integer: TransferInteger
  readonly #named = new Map<string, Step>()
  readonly #empty = new Map<string, boolean>()

  constructor(schema: Schema, integer: TransferInteger) {
    this.#schema = schema
    this.#integer = integer
  }

  type(type: Type): Step {
    const integer = this.#integer
    const size = sizes[type.kind]
    if (size) return (transfer) => void integer(transfer, ...size)
    const same = unchanged[type.kind]
    if (same !== undefined) return (transfer) => copy(transfer, same)
    switch (type.kind) {
      case 'char':
        return (transfer) => copy(transfer, utf8Length(transfer.input[transfer.position] ?? 0))
      case 'String':
      case 'bytes':
        return (transfer) => copy(transfer, integer(transfer, 8, false))
      case 'option': {
        const item = this.type(type.item)
        return (transfer) => {
          const tag = transfer.input[transfer.position]
          copy(transfer, 1)
          if (tag === 1) item(transfer)
          else if (tag !== 0) failTransfer(transfer)
        }
      }
      case 'sequence':
        return this.#repeated([type.item], type.name === SHORT_VEC)
      case 'map':
        return this.#repeated([type.key, type.value])
      case 'array': {
        const item = this.type(type.item)
        if (this.#isEmpty(type.item)) return () => {}
        return (transfer) => {
          for (let count = 0; count < type.length && !transfer.hasFailed; count += 1) item(transfer)
        }
      }
      case 'tuple':
        return inOrder(type.items.map((item) => this.type(item)))
      case 'result':
        return this.#variants([this.type(type.ok), this.type(type.error)])
      case 'known':
        return this.#wire(libraryType(type.name)?.wire)
      default:
        return 'name' in type ? this.#namedType(type.name) : failTransfer
    }
  }

  #wire(wire: Wire | undefined): Step {
    if (wire === undefined) return (transfer) => failTransfer(transfer)
    if (wire.kind === 'fields') return this.#fields(wire)
    // Both encodings have the bytes of an integer in LEB128 one by one.
    if (wire.kind === 'varint') return (transfer) => void copyLeb128(transfer)
    if (wire.kind === 'variants') return this.#variants(wire.variants.map(({ fields }) => this.#fields(fields)))
    return this.type(wire)
  }

  #namedType(name: string): Step {
    const existing = this.#named.get(name)
    if (existing) return existing
    // A recursive type reaches itself before its step exists.
    let own: Step | undefined
    const step: Step = (transfer) => {
      transfer.depth += 1
      if (transfer.depth > MAX_DEPTH)
        failTransfer(transfer, `values nested deeper than ${MAX_DEPTH} levels are not supported`)
      else if (!transfer.hasFailed) own?.(transfer)
      transfer.depth -= 1
    }
    this.#named.set(name, step)
    const named = this.#schema.types.get(name)
    if (named?.kind === 'struct') own = this.#fields(named.fields)
    else if (named) own = this.#variants(named.variants.map(({ fields }) => this.#fields(fields)))
    return step
  }

  #fields(fields: Fields): Step {
    if (fields.kind === 'unit') return () => {}
    const types = fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)
    return inOrder(types.map((type) => this.type(type)))
  }

  #variants(variants: readonly Step[]): Step {
    return (transfer) => {
      const index = this.#integer(transfer, 4, false)
      const variant = variants[index]
      // The decoder names the unknown variant.
      if (variant === undefined) failTransfer(transfer)
      else if (!transfer.hasFailed) variant(transfer)
    }
  }

  /** A length, and that many items. Each item has at least one byte, or the items have none together. */
  #repeated(types: readonly Type[], isShort = false): Step {
    const item = inOrder(types.map((type) => this.type(type)))
    const isEmpty = types.every((type) => this.#isEmpty(type))
    return (transfer) => {
      const count = isShort ? copyLeb128(transfer) : this.#integer(transfer, 8, false)
      if (isEmpty) return
      for (let done = 0; done < count && !transfer.hasFailed; done += 1) item(transfer)
    }
  }

  /** Whether no value of a type has any bytes. */
  #isEmpty(type: Type): boolean {
    switch (type.kind) {
      case 'unit':
        return true
      case 'array':
        return type.length === 0 || this.#isEmpty(type.item)
      case 'tuple':
        return type.items.every((item) => this.#isEmpty(item))
      case 'named': {
        const known = this.#empty.get(type.name)
        if (known !== undefined) return known
        // A type inside itself has no finite values unless something ends it, which has bytes.
        this.#empty.set(type.name, false)
        const named = this.#schema.types.get(type.name)
        const isEmpty = named?.kind === 'struct' && typesIn(named.fields).every((field) => this.#isEmpty(field))
        this.#empty.set(type.name, isEmpty)
        return isEmpty
      }
      default:
        return false
    }
  }
}

const typesIn = (fields: Fields): readonly Type[] =>
  fields.kind === 'unit' ? [] : fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)

const inOrder = (steps: readonly Step[]): Step => {
  const [only, ...others] = steps
  if (only && others.length === 0) return only
  return (transfer) => {
    for (const step of steps) if (!transfer.hasFailed) step(transfer)
  }
}

/** The most bytes of a u64 in LEB128. */
const MAX_LEB128_BYTES = 10

/** Copies an integer in LEB128 and returns its value. The decoder reports one with too many bytes. */
function copyLeb128(transfer: Transfer): number {
  let value = 0
  for (let count = 0; count < MAX_LEB128_BYTES && !transfer.hasFailed; count += 1) {
    const byte = transfer.input[transfer.position] ?? 0
    copy(transfer, 1)
    value += (byte & 0x7f) * 0x80 ** count
    if (byte < 0x80) return value
  }
  failTransfer(transfer)
  return 0
}

/** The number of bytes of a character in UTF-8, by its first byte. */
const utf8Length = (first: number): number => (first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)
