import { containers } from './library-containers.ts'
import { libraryType } from './library-types.ts'
import type { Primitive, Type } from './model.ts'

export type ParsedType =
  | { readonly ok: true; readonly type: Type }
  /** `at` is the index of the first unexpected character. */
  | { readonly ok: false; readonly reason: string; readonly at: number }

const primitives: ReadonlySet<string> = new Set<Primitive>([
  ...(['bool', 'char', 'String', 'bytes', 'f32', 'f64'] as const),
  ...(['u8', 'u16', 'u32', 'u64', 'u128', 'usize', 'i8', 'i16', 'i32', 'i64', 'i128', 'isize'] as const),
])
const namesOf = (...kinds: string[]): ReadonlySet<string> =>
  new Set(containers.flatMap(({ becomes }) => ('name' in becomes && kinds.includes(becomes.kind) ? becomes.name : [])))
const sequences = namesOf('sequence', 'sequence of array')
const maps = namesOf('map')

/** Whether the name has a fixed meaning in schema files, so that a type of a service cannot have it. */
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

/** Thrown and caught in this file only. */
class Unexpected extends Error {
  readonly at: number

  constructor(reason: string, at: number) {
    super(reason)
    this.at = at
  }
}

/** Nesting limit that protects the call stack; real types stay far below it. */
const MAX_DEPTH = 100

/**
 * Parses what {@link formatType} writes. Unknown names are types of the schema, which may have arguments in their name:
 * `Page<LineItem>` is one name. The empty tuple is the unit type.
 */
export function parseType(text: string): ParsedType {
  const reader = new TypeReader(text)
  try {
    const type = reader.type(0)
    reader.end()
    return { ok: true, type }
  } catch (error) {
    if (error instanceof Unexpected) return { ok: false, reason: error.message, at: error.at }
    throw error
  }
}

class TypeReader {
  readonly #tokens: readonly { readonly text: string; readonly at: number }[]
  #next = 0

  constructor(text: string) {
    // A path is one token. Any other character is a token of its own, which the parser refuses where it does not fit.
    this.#tokens = [...text.matchAll(/[\p{L}_][\p{L}\p{N}_]*(?:::[\p{L}_][\p{L}\p{N}_]*)*|\d+|\S/gu)].map((found) => ({
      text: found[0],
      at: found.index,
    }))
    this.#end = text.length
  }

  readonly #end: number

  type(depth: number): Type {
    if (depth > MAX_DEPTH) throw new Unexpected('the type is nested too deeply', this.#at())
    const start = this.#next
    const type = this.#bare(depth)
    if (!this.#skip('as')) return type
    const module = this.#take(isPath, 'the name of a with module')
    return this.#known(`${formatType(type)} as ${module}`, start)
  }

  end(): void {
    const left = this.#tokens[this.#next]
    if (left) throw new Unexpected(`unexpected '${left.text}' after the type`, left.at)
  }

  #bare(depth: number): Type {
    if (this.#skip('(')) return this.#tuple(depth)
    if (this.#skip('[')) {
      const item = this.type(depth + 1)
      this.#expect(';')
      const at = this.#at()
      const length = Number(this.#take((text) => /^\d+$/.test(text), 'a length'))
      if (length > 0xffff_ffff) throw new Unexpected('the array length exceeds 4294967295', at)
      this.#expect(']')
      return { kind: 'array', item, length }
    }
    const start = this.#next
    const name = this.#take(isPath, 'a type')
    const args = this.#skip('<') ? this.#args(depth) : []
    return this.#path(name, args, start)
  }

  #tuple(depth: number): Type {
    const items: Type[] = []
    while (!this.#skip(')')) {
      items.push(this.type(depth + 1))
      if (this.#skip(',')) continue
      this.#expect(')')
      // `(T)` is `T` in parentheses, not a tuple.
      if (items.length === 1 && items[0]) return items[0]
      break
    }
    return items.length === 0 ? { kind: 'unit' } : { kind: 'tuple', items }
  }

  /** Type arguments. Those of the schema's own types may also be numbers and bools. */
  #args(depth: number): (Type | string)[] {
    const args: (Type | string)[] = []
    do {
      const token = this.#tokens[this.#next]
      if (token && /^(\d+|true|false)$/.test(token.text)) {
        args.push(token.text)
        this.#next += 1
      } else if (this.#skip('-')) args.push(`-${this.#take((text) => /^\d+$/.test(text), 'a number')}`)
      else args.push(this.type(depth + 1))
    } while (this.#skip(','))
    this.#expect('>')
    return args
  }

  #path(name: string, args: readonly (Type | string)[], start: number): Type {
    const [first, second] = args
    const types = args.filter((arg): arg is Type => typeof arg !== 'string')
    const takes = (count: number) => {
      if (types.length === count && args.length === count) return
      throw new Unexpected(
        `${name} takes ${count === 0 ? 'no arguments' : count === 1 ? 'one type' : 'two types'}`,
        this.#at(start),
      )
    }
    if (isPrimitive(name)) {
      takes(0)
      return { kind: name }
    }
    if (name === 'Option' || sequences.has(name)) {
      takes(1)
      return name === 'Option'
        ? { kind: 'option', item: first as Type }
        : { kind: 'sequence', name, item: first as Type }
    }
    if (name === 'Result' || maps.has(name)) {
      takes(2)
      return name === 'Result'
        ? { kind: 'result', ok: first as Type, error: second as Type }
        : { kind: 'map', name, key: first as Type, value: second as Type }
    }
    const whole =
      args.length === 0
        ? name
        : `${name}<${args.map((arg) => (typeof arg === 'string' ? arg : formatType(arg))).join(', ')}>`
    if (libraryType(whole)) return { kind: 'known', name: whole }
    if (libraryType(name)) takes(0)
    if (name === 'DateTime') return this.#known(whole, start)
    return { kind: 'named', name: whole }
  }

  #known(name: string, start: number): Type {
    if (libraryType(name)) return { kind: 'known', name }
    throw new Unexpected(`crbus does not know the type '${name}'`, this.#at(start))
  }

  #at(token = this.#next): number {
    return this.#tokens[token]?.at ?? this.#end
  }

  #skip(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false
    this.#next += 1
    return true
  }

  #expect(text: string): void {
    if (!this.#skip(text)) this.#fail(`'${text}'`)
  }

  #take(fits: (text: string) => boolean, what: string): string {
    const token = this.#tokens[this.#next]
    if (!token || !fits(token.text)) this.#fail(what)
    this.#next += 1
    return token.text
  }

  #fail(expected: string): never {
    const token = this.#tokens[this.#next]
    throw new Unexpected(`expected ${expected}, got ${token ? `'${token.text}'` : 'the end'}`, this.#at())
  }
}

const isPath = (text: string): boolean => /^[\p{L}_]/u.test(text) && text !== 'as'
