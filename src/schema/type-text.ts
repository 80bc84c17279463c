import { containers } from './library-containers.ts'
import { libraryType } from './library-types.ts'
import type { Primitive, Type } from './model.ts'

/** The result of {@link parseType}. */
export type ParsedType =
  | { readonly ok: true; readonly type: Type }
  /** `at` is the index of the first unexpected character. */
  | { readonly ok: false; readonly reason: string; readonly at: number }

const primitives: ReadonlySet<string> = new Set<Primitive>([
  ...(['bool', 'char', 'String', 'bytes', 'f32', 'f64'] as const),
  ...(['u8', 'u16', 'u32', 'u64', 'u128', 'usize', 'i8', 'i16', 'i32', 'i64', 'i128', 'isize'] as const),
])
/** The names in schema files of the containers that are sequences or maps. */
const containerNames = (...kinds: string[]): ReadonlySet<string> =>
  new Set(containers.flatMap(({ becomes }) => ('name' in becomes && kinds.includes(becomes.kind) ? becomes.name : [])))
const sequences = containerNames('sequence', 'sequence of array')
const maps = containerNames('map')

/** Whether a name has a fixed meaning in schema files, so that no type of a service can have it. */
export const isReserved = (name: string): boolean =>
  primitives.has(name) ||
  sequences.has(name) ||
  maps.has(name) ||
  name === 'Option' ||
  name === 'Result' ||
  libraryType(name) !== undefined ||
  name === 'DateTime'

export const isPrimitive = (name: string): name is Primitive => primitives.has(name)

/** Formats a type as in a schema file; {@link parseType} reads it back. */
export function formatType(type: Type): string {
  switch (type.kind) {
    case 'unit':
      return '()'
    case 'option':
      return `Option<${formatType(type.item)}>`
    case 'sequence':
      return `${type.name}<${formatType(type.item)}>`
    case 'map':
      return `${type.name}<${formatType(type.key)}, ${formatType(type.value)}>`
    case 'array':
      return `[${formatType(type.item)}; ${type.length}]`
    case 'tuple':
      return type.items.length === 1 && type.items[0]
        ? `(${formatType(type.items[0])},)`
        : `(${type.items.map(formatType).join(', ')})`
    case 'result':
      return `Result<${formatType(type.ok)}, ${formatType(type.error)}>`
    case 'known':
    case 'named':
      return type.name
    default:
      return type.kind
  }
}

/** Thrown by `TypeReader` and caught by `parseType`. */
class SyntaxProblem extends Error {
  readonly at: number

  constructor(reason: string, at: number) {
    super(reason)
    this.at = at
  }
}

/** Nesting limit that protects the call stack; real types stay far below it. */
const MAX_DEPTH = 100

/**
 * Parses a type as {@link formatType} formats it. A name that crbus does not know is the name of a type of the schema, type
 * arguments included: `Page<LineItem>` is one name. The empty tuple is the unit type.
 */
export function parseType(text: string): ParsedType {
  const reader = new TypeReader(text)
  try {
    const type = reader.type(0)
    reader.end()
    return { ok: true, type }
  } catch (error) {
    if (error instanceof SyntaxProblem) return { ok: false, reason: error.message, at: error.at }
    throw error
  }
}

class TypeReader {
  readonly #tokens: readonly { readonly text: string; readonly at: number }[]
  /** The index of the next token. */
  #next = 0
  /** The length of the text, where a missing token is reported. */
  readonly #end: number

  constructor(text: string) {
    // A path is one token. Any other character is a token of its own, which the parser refuses where it does not fit.
    this.#tokens = [...text.matchAll(/[\p{L}_][\p{L}\p{N}_]*(?:::[\p{L}_][\p{L}\p{N}_]*)*|\d+|\S/gu)].map((found) => ({
      text: found[0],
      at: found.index,
    }))
    this.#end = text.length
  }

  /** Reads a type, which a `with` module may follow: `i64 as ts_seconds`. */
  type(depth: number): Type {
    if (depth > MAX_DEPTH) throw new SyntaxProblem('the type is nested too deeply', this.#at())
    const start = this.#next
    const type = this.#typeWithoutModule(depth)
    if (!this.#takeIf('as')) return type
    const module = this.#take(isPath, 'the name of a `with` module')
    return this.#known(`${formatType(type)} as ${module}`, start)
  }

  /** Refuses tokens after the type. */
  end(): void {
    const left = this.#tokens[this.#next]
    if (left) throw new SyntaxProblem(`unexpected '${left.text}' after the type`, left.at)
  }

  #typeWithoutModule(depth: number): Type {
    if (this.#takeIf('(')) return this.#tuple(depth)
    if (this.#takeIf('[')) {
      const item = this.type(depth + 1)
      this.#expect(';')
      const at = this.#at()
      const length = Number(this.#take((text) => /^\d+$/.test(text), 'a length'))
      if (length > 0xffff_ffff) throw new SyntaxProblem('the array length exceeds 4294967295', at)
      this.#expect(']')
      return { kind: 'array', item, length }
    }
    const start = this.#next
    const name = this.#take(isPath, 'a type')
    const args = this.#takeIf('<') ? this.#args(depth) : []
    return this.#path(name, args, start)
  }

  #tuple(depth: number): Type {
    const items: Type[] = []
    while (!this.#takeIf(')')) {
      items.push(this.type(depth + 1))
      if (this.#takeIf(',')) continue
      this.#expect(')')
      // `(T)` is `T` in parentheses, not a tuple.
      if (items.length === 1 && items[0]) return items[0]
      break
    }
    return items.length === 0 ? { kind: 'unit' } : { kind: 'tuple', items }
  }

  /** Reads generic arguments up to `>`. Arguments of types of the schema may be numbers and bools, which stay text. */
  #args(depth: number): (Type | string)[] {
    const args: (Type | string)[] = []
    do {
      const token = this.#tokens[this.#next]
      if (token && /^(\d+|true|false)$/.test(token.text)) {
        args.push(token.text)
        this.#next += 1
      } else if (this.#takeIf('-')) args.push(`-${this.#take((text) => /^\d+$/.test(text), 'a number')}`)
      else args.push(this.type(depth + 1))
    } while (this.#takeIf(','))
    this.#expect('>')
    return args
  }

  /** Resolves a name with its arguments. `start` is the index of its first token. */
  #path(name: string, args: readonly (Type | string)[], start: number): Type {
    const [first, second] = args
    const types = args.filter((arg): arg is Type => typeof arg !== 'string')
    const requireTypes = (count: number) => {
      if (types.length === count && args.length === count) return
      throw new SyntaxProblem(
        `${name} takes ${count === 0 ? 'no arguments' : count === 1 ? 'one type' : 'two types'}`,
        this.#at(start),
      )
    }
    if (isPrimitive(name)) {
      requireTypes(0)
      return { kind: name }
    }
    if (name === 'Option' || sequences.has(name)) {
      requireTypes(1)
      return name === 'Option'
        ? { kind: 'option', item: first as Type }
        : { kind: 'sequence', name, item: first as Type }
    }
    if (name === 'Result' || maps.has(name)) {
      requireTypes(2)
      return name === 'Result'
        ? { kind: 'result', ok: first as Type, error: second as Type }
        : { kind: 'map', name, key: first as Type, value: second as Type }
    }
    const fullName =
      args.length === 0
        ? name
        : `${name}<${args.map((arg) => (typeof arg === 'string' ? arg : formatType(arg))).join(', ')}>`
    if (libraryType(fullName)) return { kind: 'known', name: fullName }
    if (libraryType(name)) requireTypes(0)
    if (name === 'DateTime') return this.#known(fullName, start)
    return { kind: 'named', name: fullName }
  }

  /** Resolves the name of a library type. Throws if the table of library types does not contain it. */
  #known(name: string, start: number): Type {
    if (libraryType(name)) return { kind: 'known', name }
    throw new SyntaxProblem(`crbus does not know the type '${name}'`, this.#at(start))
  }

  #at(token = this.#next): number {
    return this.#tokens[token]?.at ?? this.#end
  }

  #takeIf(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false
    this.#next += 1
    return true
  }

  #expect(text: string): void {
    if (!this.#takeIf(text)) this.#fail(`'${text}'`)
  }

  #take(fits: (text: string) => boolean, expected: string): string {
    const token = this.#tokens[this.#next]
    if (!token || !fits(token.text)) this.#fail(expected)
    this.#next += 1
    return token.text
  }

  #fail(expected: string): never {
    const token = this.#tokens[this.#next]
    throw new SyntaxProblem(`expected ${expected}, got ${token ? `'${token.text}'` : 'the end'}`, this.#at())
  }
}

const isPath = (text: string): boolean => /^[\p{L}_]/u.test(text) && text !== 'as'
