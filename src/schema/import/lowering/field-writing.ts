import type { Expression, RustType } from '../../../rust/ast.ts'
import { effective, Serde } from '../../../rust/attributes.ts'
import { readRustType } from '../../../rust/read-rust.ts'
import { childrenOf, type SourceLocation } from '../../../rust/source.ts'
import type { Container } from '../../library-containers.ts'
import type { Answers, Type } from '../../model.ts'
import { describeSerializerCalls } from '../crates/impls.ts'
import { type Item, type Module, modulePath } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { importHints } from '../hints.ts'
import type { Report } from '../import-report.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'
import type { Env } from './instances.ts'
import { allPresent, type LoweringParts } from './lowering-parts.ts'
import { writtenAs, writtenWith } from './serde-with.ts'
import type { TypeLowering } from './type-lowering.ts'

/** Determines the encoding of fields with `serde(with)` and `serde_as`. */
export class FieldWriting {
  readonly #types: TypeLowering
  readonly #names: Names
  readonly #report: Report
  readonly #answers: Answers

  constructor(types: TypeLowering, { names, report, answers }: LoweringParts) {
    this.#types = types
    this.#names = names
    this.#report = report
    this.#answers = answers
  }

  /** The encoding by the module or function of `serde(with = "…")` or `serde(serialize_with = "…")`. */
  byModule(
    by: string,
    type: RustType | undefined,
    { about, location, env, isFunction }: { about: string; location: SourceLocation; env: Env; isFunction: boolean },
  ): Type | undefined {
    const shown = isFunction ? `serialize_with = "${by}"` : `with = "${by}"`
    const as = /^(?:::)?(?:serde_with::)?As::<(.*)>(?:::serialize)?$/.exec(by.replaceAll(/\s+/g, ''))?.[1]
    if (as !== undefined && type) {
      const asType = readRustType(as, location)
      return asType && this.byConversion(asType, type, { about, location, env })
    }
    const isGlobal = by.startsWith('::')
    const steps = by.replace(/^::/, '').replaceAll(/\s+/g, '').split('::')
    const module = isFunction && steps.at(-1) === 'serialize' ? steps.slice(0, -1) : steps
    const space = isFunction && module === steps ? 'value' : 'type'
    const found = space === 'type' ? this.#names.find(env.module, module, 'type', isGlobal) : undefined
    const full =
      found?.kind === 'module' ? modulePath(found.module).join('::') : this.#fullPath(env.module, module, isGlobal)
    const answer = this.#types.answers.assumed(about, by, module.join('::'), full, ...tailsOf(full))
    if (answer !== undefined) return this.#types.answers.typeFrom(answer, env.generics, location)
    if (found?.kind === 'items') {
      const [remote] = found.items
      if (remote && isRemote(remote, this.#answers.assume)) {
        return { kind: 'named', name: this.#types.instanceOf(remote, this.#types.bind(remote, [], env)).id }
      }
    }
    const written = space === 'type' ? writtenWith(full) : undefined
    if (written?.kind === 'type') {
      if (written.unreadable !== undefined)
        this.#report.unsupported(location, about, `Rust cannot decode it from bincode: ${written.unreadable}`)
      return written.type
    }
    if (written && type) {
      if (written.kind === 'same') return this.#types.type(type, env)
      if (written.kind === 'pairs') {
        const map = this.#types.type(type, env)
        if (map?.kind !== 'map') return map
        return { kind: 'sequence', name: 'Vec', item: { kind: 'tuple', items: [map.key, map.value] } }
      }
      const isOption = this.#isOption(type, env)
      return isOption ? { kind: 'option', item: written.type } : written.type
    }
    const format = this.#timeFormat(module, env.module)
    if (format) return format
    const hint = found?.kind === 'module' ? describeSerializerCalls(found.module.functions.get('serialize')?.body) : ''
    const own = this.#functionAt(env.module, steps)
    return this.#report.problem(
      location,
      about,
      `${shown} uses a custom encoding${hint || describeSerializerCalls(own)}`,
      importHints.giveEncoding(full),
    )
  }

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

  #functionAt(module: Module, path: readonly string[]): Expression | undefined {
    const parent = this.#names.find(module, path.slice(0, -1))
    const name = path.at(-1) ?? ''
    return parent?.kind === 'module' ? parent.module.functions.get(name)?.body : undefined
  }

  /** A module that `time::serde::format_description!(short, Date, "…")` defines writes a text. */
  #timeFormat(path: readonly string[], module: Module): Type | undefined {
    const isOption = path.at(-1) === 'option'
    const steps = isOption ? path.slice(0, -1) : path
    const parent = steps.length > 1 ? this.#names.find(module, steps.slice(0, -1)) : { kind: 'module' as const, module }
    if (parent?.kind !== 'module') return undefined
    const isMade = parent.module.invocations.some(({ name, tokens }) => {
      const first = childrenOf(tokens.node).find((token) => token.name === 'Identifier')
      return /(^|::)format_description$/.test(name) && first && tokens.source.textOf(first) === steps.at(-1)
    })
    if (!isMade) return undefined
    return isOption ? { kind: 'option', item: { kind: 'String' } } : { kind: 'String' }
  }

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
   * The encoding by `serde_as(as = "Vec<DisplayFromStr>")`: its containers match those of the field, and its innermost types
   * determine the encoding.
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
    if (name === 'Same') return this.#types.type(field, env)
    const argument = last?.args[0]
    if (/^(FromInto|TryFromInto|FromIntoRef|TryFromIntoRef)$/.test(name) && argument)
      return this.#types.type(argument, env)
    const leaf = writtenAs(name, argument?.text)
    if (leaf) return leaf
    const found = this.#names.find(
      env.module,
      as.segments.map((segment) => segment.name),
      'type',
      as.isGlobal,
    )
    const path = found?.kind === 'foreign' ? found.path.join('::') : ''
    const [pair] = last?.args ?? []
    // A list of pairs as a map, or a map as a list of pairs, has the same bytes.
    if (/^serde_with::(Map|Seq)$/.test(path) && last) {
      const of = path.endsWith('Map') ? last.args : pair?.kind === 'tuple' ? pair.items : []
      const held = field.kind === 'path' ? (field.segments.at(-1)?.args ?? []) : []
      const [only] = held
      const parts = held.length === 1 && only?.kind === 'tuple' ? only.items : held
      const [key, value] = of.map((part, index) => parts[index] && this.byConversion(part, parts[index], at))
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

  /** Reports a type of `serde_as` whose encoding is unknown. */
  reportUnknownAs(text: string, about: string, location: SourceLocation): undefined {
    return this.#report.problem(
      location,
      about,
      `serde_as(as = "${text}") uses a custom encoding`,
      importHints.giveEncoding(text),
    )
  }
}

/** The shorter forms of a path, without its first segments. */
const tailsOf = (path: string): string[] =>
  path.split('::').flatMap((_, index, steps) => (index === 0 ? [] : steps.slice(index).join('::')))

/** A container with the types that `serde_as` gives for its arguments. */
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
    case 'map':
      return second && { kind: 'map', name: becomes.name, key: first, value: second }
    case 'result':
      return second && { kind: 'result', ok: first, error: second }
    default:
      return undefined
  }
}

const isRemote = ({ rust }: Item, assume: Answers['assume']): boolean =>
  new Serde(effective(rust.attributes, assume).list).has('remote')
