import { dateOf } from '../../codecs/cbor/cbor-date.ts'
import type { RegistrySchema } from './fetch-schema.ts'

/** The part of the package `protobufjs` that is used. */
export interface Protobufjs {
  readonly Root: new () => Root
  readonly Type: new (...args: never) => Type
  readonly parse: (
    text: string,
    root: Root,
    options: { readonly keepCase: boolean },
  ) => {
    readonly package?: string | undefined
    readonly imports?: readonly string[] | undefined
    readonly weakImports?: readonly string[] | undefined
  }
  readonly common: { get(file: string): { readonly nested: object } | null | undefined }
  readonly util: { readonly Long: unknown }
  readonly wrappers: Record<string, { fromObject(value: object): unknown; toObject(value: object): unknown }>
}

interface Namespace {
  readonly nestedArray: readonly object[]
}

interface Root extends Namespace {
  addJSON(nested: object): unknown
  lookup(path: string): Namespace | null
  resolveAll(): unknown
}

interface Type extends Namespace {
  decode(bytes: Uint8Array): unknown
  toObject(message: unknown, options: object): unknown
}

/** The files of Google that protobufjs knows and that an import may name without a reference. */
const GOOGLE = /^google\/protobuf\/\w+\.proto$/
/** Files that Confluent's registry knows. Their options do not change how a value is decoded. */
const CONFLUENT: Readonly<Record<string, string>> = {
  'confluent/meta.proto': 'syntax = "proto3"; package confluent;',
  'confluent/type/decimal.proto':
    'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
}
/** The most messages inside each other that a value may be of. */
const MAX_INDEXES = 32

/**
 * Compiles a Protobuf schema to a function that decodes a value, which begins with the indexes of its message in the schema. Throws if
 * the value does not fit. 64-bit integers are bigints, a `google.protobuf.Timestamp` is a date, enums are their names.
 */
export function compileProtobuf(package_: Protobufjs, schema: RegistrySchema): (bytes: Buffer) => unknown {
  const { Root, Type, parse, util, wrappers } = package_
  if (util.Long == null) throw new Error('the package long is missing beside protobufjs')
  wrappers['.google.protobuf.Timestamp'] ??= { fromObject: (value) => value, toObject: timestampOf }
  const root = new Root()
  const main = parse(schema.text, root, { keepCase: true })
  const messagesIn = ({ nestedArray }: Namespace) => nestedArray.filter((one): one is Type => one instanceof Type)
  // Before imports add their messages to the same package.
  const top = messagesIn((main.package === undefined ? root : root.lookup(main.package)) ?? root)
  addImports(package_, root, main, new Map(schema.references.map(({ name, text }) => [name, text])))
  root.resolveAll()
  return (bytes) => {
    const { indexes, rest } = readIndexes(bytes)
    let messages = top
    let type: Type | undefined
    for (const index of indexes) {
      type = messages[index]
      if (type === undefined) throw new RangeError(`the schema has no message with the index ${indexes.join('.')}`)
      messages = messagesIn(type)
    }
    return plainValue(type?.toObject(type.decode(rest), { enums: String, defaults: true }))
  }
}

/** Parses the files that a file imports, also indirectly, each once. */
function addImports(
  { parse, common }: Protobufjs,
  root: Root,
  main: ReturnType<Protobufjs['parse']>,
  texts: ReadonlyMap<string, string>,
): void {
  const seen = new Set<string>()
  const open = [main]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const name of [...(file.imports ?? []), ...(file.weakImports ?? [])]) {
      if (seen.has(name)) continue
      seen.add(name)
      const text = texts.get(name) ?? (Object.hasOwn(CONFLUENT, name) ? CONFLUENT[name] : undefined)
      const known = text === undefined && GOOGLE.test(name) ? common.get(name) : undefined
      if (text !== undefined) open.push(parse(text, root, { keepCase: true }))
      else if (known) root.addJSON(known.nested)
      else throw new Error(`the schema imports ${name}, which the registry does not refer to`)
    }
  }
}

/** Reads the indexes of a message: their number, then the index at each level, as zigzag varints. A single 0 means the first message. */
function readIndexes(bytes: Buffer): { readonly indexes: readonly number[]; readonly rest: Buffer } {
  let at = 0
  const next = (): number => {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw new RangeError('the indexes of the message are cut off')
  }
  const count = next()
  if (count < 0 || count > MAX_INDEXES) throw new RangeError(`the value announces ${count} indexes of its message`)
  const indexes = count === 0 ? [0] : Array.from({ length: count }, next)
  return { indexes, rest: bytes.subarray(at) }
}

/** A 64-bit integer of the package `long`. */
interface Long {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

const isLong = (value: object): value is Long =>
  'low' in value && 'high' in value && 'unsigned' in value && Object.getPrototypeOf(value) !== Object.prototype

function bigintOf({ low, high, unsigned }: Long): bigint {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return unsigned ? bits : BigInt.asIntN(64, bits)
}

/** Converts the 64-bit integers of a decoded value to bigints. */
function plainValue(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(plainValue)
  if (isLong(value)) return bigintOf(value)
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plainValue(field)]))
}

/** Converts a `google.protobuf.Timestamp`. One outside the range of dates stays as it is. */
function timestampOf(value: object): unknown {
  const { seconds = 0, nanos = 0 } = value as { readonly seconds?: Long | number; readonly nanos?: number }
  const whole = typeof seconds === 'number' ? seconds : Number(bigintOf(seconds))
  const date = new Date(whole * 1000)
  if (Number.isNaN(date.getTime()) || nanos < 0 || nanos >= 1e9) return { seconds, nanos }
  const text = date.toISOString().replace('.000Z', `.${String(nanos).padStart(9, '0')}Z`)
  return dateOf(text, 0) ?? text
}
