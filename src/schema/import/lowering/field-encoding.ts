import type { Expression, RustType } from '../../../rust/ast.ts'
import { effective, Serde } from '../../../rust/attributes.ts'
import { readRustType } from '../../../rust/read-rust.ts'
import { comparableText } from '../../../rust/rust-text.ts'
import { childrenOf, type SourceLocation } from '../../../rust/source.ts'
import { type Container, SHORT_VEC } from '../../library-containers.ts'
import type { Type } from '../../model.ts'
import type { Cfg } from '../crates/cfg.ts'
import { describeSerializerCalls } from '../crates/impls.ts'
import { type Item, type Module, modulePath } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { importHints } from '../hints.ts'
import type { Report } from '../import-report.ts'
import { canonicalPath, foreignType } from './foreign/foreign-types.ts'
import { encodingAs, encodingWith, unreadableAs, type WrappedEncoding, wrappedAs } from './foreign/serde-with.ts'
import type { Env } from './instances.ts'
import { allPresent, type LoweringParts, UNREADABLE } from './lowering-parts.ts'
import type { TypeLowering } from './type-lowering.ts'

/** Determines the encoding of fields with `serde(with)` and `serde_as`. */
export class FieldEncoding {
  readonly #types: TypeLowering
  readonly #names: Names
  readonly #report: Report
  readonly #cfg: Cfg

  constructor(types: TypeLowering, { names, report, cfg }: LoweringParts) {
    this.#types = types
    this.#names = names
    this.#report = report
    this.#cfg = cfg
  }

  /**
   * Returns the type that the module of `serde(with = "…")` or the function of `serde(serialize_with = "…")` writes for a field
   * or a variant. `type` is the Rust type of the field; `undefined` for a variant without exactly one field.
   */
  byModule(
    by: string,
    type: RustType | undefined,
    { about, location, env, isFunction }: { about: string; location: SourceLocation; env: Env; isFunction: boolean },
  ): Type | undefined {
    const attribute = isFunction ? `serialize_with = "${by}"` : `with = "${by}"`
    // `with = "As::<Hex>"` is another notation of `serde_as(as = "Hex")`.
    const as = /^(?:::)?(?:serde_with::)?As::<(.*)>(?:::serialize)?$/.exec(by.replaceAll(/\s+/g, ''))?.[1]
    if (as !== undefined && type) {
      const asType = readRustType(as, location)
      return asType && this.byConversion(asType, type, { about, location, env })
    }
    const isGlobal = by.startsWith('::')
    const steps = by.replace(/^::/, '').replaceAll(/\s+/g, '').split('::')
    // `serialize_with = "cents::serialize"` is the function of the module `cents`, which `with` would name.
    const module = isFunction && steps.at(-1) === 'serialize' ? steps.slice(0, -1) : steps
    const space = isFunction && module === steps ? 'value' : 'type'
    const found = space === 'type' ? this.#names.find(env.module, module, 'type', isGlobal) : undefined
    const full =
      found?.kind === 'module' ? modulePath(found.module).join('::') : this.#fullPath(env.module, module, isGlobal)
    const answer = this.#types.answers.assumed(about, by, module.join('::'), full, ...tailsOf(full))
    if (answer !== undefined) return this.#types.answers.typeFrom(answer, env.generics, location)
    if (found?.kind === 'items') {
      const [remote] = found.items
      if (remote && isRemote(remote, this.#cfg)) {
        return { kind: 'named', name: this.#types.instanceOf(remote, this.#types.bind(remote, [], env)).id }
      }
    }
    const library = space === 'type' ? encodingWith(full) : undefined
    if (library?.kind === 'type') {
      this.#noteUnreadable(library.unreadable, { about, location })
      return library.type
    }
    if (library && type) {
      if (library.kind === 'same') return this.#types.type(type, env)
      if (library.kind === 'pairs') {
        const map = this.#types.type(type, env)
        if (map?.kind !== 'map') return map
        return { kind: 'sequence', name: 'Vec', item: { kind: 'tuple', items: [map.key, map.value] } }
      }
      if (library.kind === 'short list' || library.kind === 'varint') {
        const own = this.#types.type(type, env)
        const encoded = own && inLeb128(own, library.kind)
        if (encoded || !own) return encoded
        const reason = `${attribute} needs a field of another type than ${type.text}`
        return this.#report.problem(location, about, reason, importHints.giveEncoding(full))
      }
      return this.#isOption(type, env) ? { kind: 'option', item: library.type } : library.type
    }
    const format = this.#timeFormat(module, env.module)
    if (format) return format
    const moduleCalls =
      found?.kind === 'module' ? describeSerializerCalls(found.module.functions.get('serialize')?.body) : ''
    const ownFunction = this.#functionAt(env.module, steps)
    return this.#report.unknownEncoding(
      location,
      about,
      `${attribute} uses a custom encoding${moduleCalls || describeSerializerCalls(ownFunction)}`,
      { by: full, type: comparableText(type?.text ?? '') },
    )
  }

  /** The full path of a module or function, by which answers and the table of library types name it. */
  #fullPath(module: Module, path: readonly string[], isGlobal: boolean): string {
    const found = this.#names.find(module, path, 'type', isGlobal)
    if (found?.kind === 'foreign') return found.path.join('::')
    if (found?.kind === 'items') return [...modulePath((found.items[0] as Item).module), path.at(-1)].join('::')
    // A single name that this module does not define is a crate.
    if (path.length === 1 && !module.functions.has(path[0] ?? '')) return path.join('::')
    const parent = this.#names.find(module, path.slice(0, -1))
    if (parent?.kind === 'foreign') return [...parent.path, path.at(-1)].join('::')
    return parent?.kind === 'module' ? [...modulePath(parent.module), path.at(-1)].join('::') : path.join('::')
  }

  /** The body of the function at a path. */
  #functionAt(module: Module, path: readonly string[]): Expression | undefined {
    const parent = this.#names.find(module, path.slice(0, -1))
    const name = path.at(-1) ?? ''
    return parent?.kind === 'module' ? parent.module.functions.get(name)?.body : undefined
  }

  /** The encoding of a module that `time::serde::format_description!(short, Date, "…")` defines: a text. */
  #timeFormat(path: readonly string[], module: Module): Type | undefined {
    const isOption = path.at(-1) === 'option'
    const steps = isOption ? path.slice(0, -1) : path
    const parent = steps.length > 1 ? this.#names.find(module, steps.slice(0, -1)) : { kind: 'module' as const, module }
    if (parent?.kind !== 'module') return undefined
    const isDefined = parent.module.invocations.some(({ name, tokens }) => {
      const first = childrenOf(tokens.node).find((token) => token.name === 'Identifier')
      return /(^|::)format_description$/.test(name) && first && tokens.source.textOf(first) === steps.at(-1)
    })
    if (!isDefined) return undefined
    return isOption ? { kind: 'option', item: { kind: 'String' } } : { kind: 'String' }
  }

  /** Whether a type is written as an `Option`, which some encodings keep around the type that they write. */
  #isOption(type: RustType, env: Env): boolean {
    if (type.kind !== 'path') return false
    const found = this.#names.find(
      env.module,
      type.segments.map(({ name }) => name),
      'type',
      type.isGlobal,
    )
    return found?.kind === 'foreign' && canonicalPath(found.path) === 'std::option::Option'
  }

  /**
   * Returns the type that `serde_as(as = "Vec<DisplayFromStr>")` writes for a field. The containers of `as` match those of the
   * field's type, and the innermost types of `as` determine the encoding.
   */
  byConversion(
    as: RustType,
    field: RustType,
    at: { about: string; location: SourceLocation; env: Env },
  ): Type | undefined {
    const { env } = at
    const name = as.kind === 'path' ? (as.segments.at(-1)?.name ?? '') : as.text
    const answer = this.#types.answers.assumed(at.about, ...(as.text === '_' ? [] : [as.text, name]))
    if (answer !== undefined) return this.#types.answers.typeFrom(answer, env.generics, at.location)
    if (as.text === '_') return this.#types.type(field, env)
    if (as.kind === 'array' && field.kind === 'array') {
      const [item, length] = [
        this.byConversion(as.item, field.item, at),
        this.#types.consts.length(field.length, env, field),
      ]
      return item && length !== undefined ? { kind: 'array', item, length } : undefined
    }
    if (as.kind === 'tuple' && field.kind === 'tuple' && as.items.length === field.items.length) {
      const items = as.items.map((item, index) => this.byConversion(item, field.items[index] as RustType, at))
      return allPresent(items) ? { kind: 'tuple', items } : undefined
    }
    if (as.kind !== 'path') return this.reportUnknownAs(as.text, at.about, at.location)
    const last = as.segments.at(-1)
    const found = this.#names.find(
      env.module,
      as.segments.map((segment) => segment.name),
      'type',
      as.isGlobal,
    )
    // The service may define a conversion with a name of serde_with. A name that nothing declares may come from a glob import.
    const globs = found ? [] : this.#names.foreignGlobs(env.module).filter((glob) => !glob.startsWith('std::'))
    const isAssumed = !found && (globs.length === 0 || globs.includes('serde_with'))
    const path = found?.kind === 'foreign' ? found.path.join('::') : isAssumed ? `serde_with::${name}` : ''
    if (path.startsWith('serde_with::')) {
      if (name === 'Same') return this.#types.type(field, env)
      const argument = last?.args[0]
      if (/^(FromInto|TryFromInto|FromIntoRef|TryFromIntoRef)$/.test(name) && argument)
        return this.#types.type(argument, env)
      const wrapped = wrappedAs(name)
      if (wrapped) return this.#wrapped(wrapped, as, last?.args ?? [], field, at)
      const leaf = encodingAs(name, argument?.text)
      if (leaf) this.#noteUnreadable(unreadableAs(name), at)
      if (leaf) return leaf
    }
    const [pair] = last?.args ?? []
    // `Map` writes a list of pairs as a map, `Seq` a map as a list of pairs. Both have the same bytes.
    if (/^serde_with::(Map|Seq)$/.test(path) && last) {
      const conversions = path.endsWith('Map') ? last.args : pair?.kind === 'tuple' ? pair.items : []
      const fieldArgs = field.kind === 'path' ? (field.segments.at(-1)?.args ?? []) : []
      const [only] = fieldArgs
      const parts = fieldArgs.length === 1 && only?.kind === 'tuple' ? only.items : fieldArgs
      const [key, value] = conversions.map(
        (conversion, index) => parts[index] && this.byConversion(conversion, parts[index], at),
      )
      if (key && value && path.endsWith('Map')) return { kind: 'map', name: 'HashMap', key, value }
      if (key && value) return { kind: 'sequence', name: 'Vec', item: { kind: 'tuple', items: [key, value] } }
    }
    const container = found?.kind === 'foreign' ? foreignType(canonicalPath(found.path)) : undefined
    const inner = field.kind === 'path' ? (field.segments.at(-1)?.args ?? []) : []
    if (container?.kind === 'container' && last && last.args.length > 0 && inner.length >= last.args.length) {
      const items = last.args.map((arg, index) => this.byConversion(arg, inner[index] as RustType, at))
      return allPresent(items) ? withArguments(container.container, items) : undefined
    }
    return this.reportUnknownAs(as.text, at.about, at.location)
  }

  /** The type that a conversion with other conversions in its arguments writes. */
  #wrapped(
    { by, unreadable }: WrappedEncoding,
    as: RustType,
    args: readonly RustType[],
    field: RustType,
    at: { about: string; location: SourceLocation; env: Env },
  ): Type | undefined {
    this.#noteUnreadable(unreadable, at)
    const [first, second] = args
    const convert = (conversion: RustType | undefined, type: RustType): Type | undefined =>
      conversion ? this.byConversion(conversion, type, at) : this.#types.type(type, at.env)
    if (by === 'nothing') return UNREADABLE
    if (by === 'value') return convert(first, field)
    if (by === 'second') return convert(second, field)
    if (by === 'first of tuple' && first?.kind === 'tuple') return convert(first.items[0], field)
    if (by === 'option') {
      const item = convert(first, field)
      return item && { kind: 'option', item }
    }
    const container = this.#types.type(field, at.env)
    const [key, value] = field.kind === 'path' ? (field.segments.at(-1)?.args ?? []) : []
    if (by === 'items' && container?.kind === 'sequence' && key) {
      const item = convert(first, key)
      return item && { ...container, item }
    }
    if (by === 'entries' && container?.kind === 'map' && key && value) {
      const [keys, values] = [convert(first, key), convert(second, value)]
      return keys && values && { ...container, key: keys, value: values }
    }
    return this.reportUnknownAs(as.text, at.about, at.location)
  }

  /** Notes why Rust cannot decode a field, if it cannot. */
  #noteUnreadable(reason: string | undefined, at: { about: string; location: SourceLocation }): void {
    if (reason !== undefined)
      this.#report.unsupported(at.location, at.about, `Rust cannot decode this field from bincode: ${reason}`)
  }

  /** Reports that the encoding of a `serde_as` type is unknown. */
  reportUnknownAs(text: string, about: string, location: SourceLocation): undefined {
    return this.#report.problem(
      location,
      about,
      `serde_as(as = "${text}") uses a custom encoding`,
      importHints.giveEncoding(text),
    )
  }
}

/** The ends of a path, because an answer may omit its first segments: `cents::money` and `money` of `crate::cents::money`. */
const tailsOf = (path: string): string[] =>
  path.split('::').flatMap((_, index, steps) => (index === 0 ? [] : steps.slice(index).join('::')))

/** The type that a list with a length in LEB128, or an integer in LEB128, has in the schema. `undefined` for other types. */
function inLeb128(type: Type, kind: 'short list' | 'varint'): Type | undefined {
  if (kind === 'varint')
    return /^u(16|32|64)$/.test(type.kind) ? { kind: 'known', name: `${type.kind} as varint` } : undefined
  return type.kind === 'sequence' && type.name === 'Vec' ? { ...type, name: SHORT_VEC } : undefined
}

/** Returns the type of a container with the encodings of its arguments. */
function withArguments({ becomes }: Container, items: readonly Type[]): Type | undefined {
  const [first, second] = items
  if (!first) return undefined
  switch (becomes.kind) {
    case 'option':
      return { kind: 'option', item: first }
    case 'argument':
      return first
    case 'sequence':
      return { kind: 'sequence', name: becomes.name, item: first }
    case 'sequence of array':
      return { kind: 'sequence', name: becomes.name, item: first.kind === 'array' && !second ? first.item : first }
    case 'map':
      return second && { kind: 'map', name: becomes.name, key: first, value: second }
    case 'result':
      return second && { kind: 'result', ok: first, error: second }
    default:
      return undefined
  }
}

/** Whether an item describes the encoding of a type of another crate: `serde(remote = "…")`. */
const isRemote = ({ rust, module }: Item, cfg: Cfg): boolean =>
  new Serde(effective(rust.attributes, cfg.of(module.crate)).list).has('remote')
