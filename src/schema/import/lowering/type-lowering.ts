import type { Generic, RustType } from '../../../rust/ast.ts'
import { presence } from '../../../rust/attributes.ts'
import { formatLocation } from '../../../rust/source.ts'
import type { Type } from '../../model.ts'
import type { Found } from '../crates/candidates.ts'
import { type Item, itemsOf, type Module, modulePath } from '../crates/module.ts'
import { importHints, turnOnHint } from '../hints.ts'
import { AssociatedTypes } from './associated-types.ts'
import { ConstLowering } from './const-lowering.ts'
import { ForeignLowering } from './foreign/foreign-lowering.ts'
import { type Arg, argsByName, boundTo, type Env, type Instance } from './instances.ts'
import { allPresent, type LoweringParts, type TypeLowerer } from './lowering-parts.ts'
import { reportMissingName } from './missing-names.ts'
import { schemaNotation, UserAnswers } from './user-answers.ts'

/** The maximum nesting of types, because an alias may refer to itself. Real types stay far below it. */
const MAX_DEPTH = 100

/** Converts Rust types to types of the schema. */
export class TypeLowering implements TypeLowerer {
  readonly answers: UserAnswers
  readonly consts: ConstLowering
  readonly #parts: LoweringParts
  readonly #foreign: ForeignLowering
  readonly #associatedTypes: AssociatedTypes

  constructor(parts: LoweringParts) {
    this.#parts = parts
    this.answers = new UserAnswers(parts, this)
    this.consts = new ConstLowering(parts, this.answers)
    this.#foreign = new ForeignLowering(parts, this, this.answers)
    this.#associatedTypes = new AssociatedTypes(parts, this)
  }

  type(rust: RustType, env: Env, depth = 0): Type | undefined {
    return this.#typeOf(rust, env, depth) ?? this.#parts.report.placeholder
  }

  #typeOf(rust: RustType, env: Env, depth: number): Type | undefined {
    if (depth > MAX_DEPTH)
      return this.#parts.report.problem(rust.location, rust.text, 'the definition of this type is circular', undefined)
    switch (rust.kind) {
      case 'tuple': {
        const items = rust.items.map((item) => this.type(item, env, depth + 1))
        if (!allPresent(items)) return undefined
        return items.length === 0 ? { kind: 'unit' } : { kind: 'tuple', items }
      }
      case 'array': {
        const item = this.type(rust.item, env, depth + 1)
        const length = this.consts.length(rust.length, env, rust)
        // Without its length, the item alone stays in the type, so that its own problems are found.
        return item && length !== undefined ? { kind: 'array', item, length } : this.#parts.report.placeholder && item
      }
      case 'slice': {
        const item = this.type(rust.item, env, depth + 1)
        return item && { kind: 'sequence', name: 'Vec', item }
      }
      case 'reference':
        return this.type(rust.item, env, depth + 1)
      case 'path':
        return this.#path(rust, env, depth)
      case 'value':
        return this.#parts.report.problem(rust.location, rust.text, 'expected a type, found a value', undefined)
      case 'associated':
        return this.#associated(rust, [], env, depth)
      case 'other': {
        const answer = this.answers.mapped([rust.text], [], rust, env, depth)
        return answer
          ? answer.type
          : this.#parts.report.problem(
              rust.location,
              rust.text,
              `cannot import ${rust.what}`,
              importHints.mapType(rust.text),
            )
      }
    }
  }

  #path(rust: Extract<RustType, { kind: 'path' }>, env: Env, depth: number): Type | undefined {
    const path = rust.segments.map(({ name }) => name)
    const args = rust.segments.at(-1)?.args ?? []
    const [first = ''] = path
    if (path.length === 1 && !rust.isGlobal) {
      if (first === 'Self' && env.self) return { kind: 'named', name: env.self.id }
      const bound = env.generics.get(first)
      if (bound) return bound.type ?? this.type(bound.rust, bound.env, depth + 1)
      if (first === 'bytes' && env.isAnswer) return { kind: 'bytes' }
    }
    const written = path.join('::')
    const isAssociated =
      env.generics.has(first) ||
      first === 'Self' ||
      rust.segments.slice(0, -1).some((segment) => segment.args.length > 0)
    if (isAssociated) return this.#associated(rust, args, env, depth)
    const found = this.#parts.names.find(env.module, path, 'type', rust.isGlobal)
    if (found?.kind === 'items') return this.#items(found.items, rust, args, env, depth)
    if (found?.kind === 'foreign') return this.#foreign.type(found.path, rust, args, env, depth)
    if (found?.kind === 'open') {
      const targets = found.found.map(describeTarget).join(' or ')
      const reason = found.ask.length > 0 ? 'cfg decides whether this name refers to' : 'this name may refer to'
      const answer = this.answers.mapped([written], args, rust, env, depth)
      if (answer) return answer.type
      const fix = turnOnHint(found.ask) ?? importHints.mapType(written)
      return this.#parts.report.problem(rust.location, rust.text, `${reason} ${targets}`, fix)
    }
    const answer = this.answers.mapped([written], args, rust, env, depth)
    if (answer) return answer.type
    const loose = this.#looseItem(env.module, path.at(-1) ?? '')
    if (loose) {
      const { name, location } = loose.rust
      this.#parts.report.note(rust.location, {
        code: 'type-assumed',
        path: written,
        type: name,
        at: formatLocation(location),
      })
      return this.#items([loose], rust, args, env, depth)
    }
    return schemaNotation(rust, env) ?? reportMissingName(written, rust, env, this.#parts)
  }

  /** Converts an associated type, such as `<Order as Aggregate>::Event`. */
  #associated(rust: RustType, args: readonly RustType[], env: Env, depth: number): Type | undefined {
    const answer = this.answers.mapped([rust.text], args, rust, env, depth)
    if (answer) return answer.type
    const found = this.#associatedTypes.find(rust, env)
    if (found && 'ask' in found) {
      const why = `this associated type depends on ${[...new Set(found.ask)].join(', ')}`
      return this.#parts.report.problem(rust.location, rust.text, why, turnOnHint(found.ask))
    }
    if (found) return this.type(found.rust, found.env, depth + 1)
    const reason = 'cannot resolve this associated type'
    return this.#parts.report.problem(rust.location, rust.text, reason, importHints.mapType(rust.text))
  }

  /**
   * Finds the only item with a name in files without a package. A path in such files may not resolve, because the modules of the
   * original crate are unknown.
   */
  #looseItem(module: Module, name: string): Item | undefined {
    if (module.crate.root.file !== '') return undefined
    const [only, ...more] = itemsOf(module.crate.root).filter(({ rust }) => rust.name === name)
    return more.length === 0 ? only : undefined
  }

  /** Converts an item with arguments. Of several items, `cfg` decides. */
  #items(items: readonly Item[], rust: RustType, args: readonly RustType[], env: Env, depth: number): Type | undefined {
    const [some] = items
    if (!some) return undefined
    const full = [...modulePath(some.module), some.rust.name].join('::')
    const answer = this.answers.mapped([full], args, rust, env, depth)
    if (answer) return answer.type
    const item = this.#present(items, rust)
    if (!item) return undefined
    const bound = this.bind(item, args, env, depth)
    if (item.rust.kind === 'alias') {
      const { name, type } = item.rust
      const inAlias = {
        ...{ module: item.module, generics: argsByName(item, bound), self: undefined },
        answers: env.answers,
      }
      return this.#parts.report.inAlias(name, type.text, () => this.type(type, inAlias, depth + 1))
    }
    return { kind: 'named', name: this.instanceOf(item, bound).id }
  }

  /** Returns the item that is compiled, of several that differ in their `cfg`. Reports a problem if that is not clear. */
  #present(items: readonly Item[], rust: RustType): Item | undefined {
    const possible: Item[] = []
    const asked: string[] = []
    for (const item of items) {
      const state = presence(item.rust.attributes, this.#parts.cfg.of(item.module.crate))
      if ('ask' in state) asked.push(...state.ask)
      if ('ask' in state || state.holds) possible.push(item)
    }
    const [only, ...more] = possible
    if (!only)
      return this.#parts.report.problem(rust.location, rust.text, 'its cfg attributes exclude this type', undefined)
    if (more.length === 0) return only
    const locations = possible.map(({ rust: { location } }) => formatLocation(location)).join(' and ')
    return this.#parts.report.problem(
      rust.location,
      rust.text,
      `cfg decides between the definitions in ${locations}`,
      turnOnHint(asked),
    )
  }

  /** Returns the instance of an item with these arguments, which becomes a type of the schema. */
  instanceOf(item: Item, args: readonly Arg[]): Instance {
    const { location, name } = item.rust
    const path = [...modulePath(item.module), name]
    const origin = `${formatLocation(location)} ${path.join('::')}`
    return this.#parts.instances.of(origin, { path, args, location, item, body: undefined })
  }

  bind(item: Item, args: readonly RustType[], env: Env, depth = 0): Arg[] {
    const bound: Arg[] = []
    // The default of a parameter may refer to earlier parameters.
    const before = new Map<string, Arg>()
    for (const [index, generic] of item.rust.generics.entries()) {
      const given = args[index]
      const inItem: Env = { module: item.module, generics: before, self: undefined, answers: env.answers }
      const arg = given
        ? this.argument(given, env, generic.kind, depth)
        : generic.fallback && this.argument(generic.fallback, inItem, generic.kind, depth)
      if (!arg) break
      bound.push(arg)
      before.set(generic.name, arg)
    }
    return bound
  }

  /** Resolves the arguments that the user gave for the root, and reports problems in them. */
  bindRootArgs(item: Item, args: readonly RustType[]): Arg[] {
    const env: Env = { module: this.#parts.home, generics: new Map(), self: undefined, isAnswer: true }
    // `bind` discards problems. Without this, a mistyped argument would be reported only where a field uses it.
    for (const [index, arg] of args.entries()) if (item.rust.generics[index]?.kind === 'type') this.type(arg, env)
    return this.bind(item, args, env)
  }

  argument(rust: RustType, env: Env, kind: Generic['kind'], depth = 0): Arg {
    const own = boundTo(rust, env)
    if (own) return own
    if (kind === 'value') {
      return { rust, env, type: undefined, value: this.consts.argument(rust, env) }
    }
    const type = this.#parts.report.quietly(() => (rust.kind === 'value' ? undefined : this.type(rust, env, depth + 1)))
    return { rust, env, type, value: undefined }
  }
}

/** Describes what a name may refer to, for a message: a path, a file or a location. */
function describeTarget(found: Found): string {
  if (found.kind === 'foreign') return found.path.join('::')
  if (found.kind === 'module') return found.module.file
  if (found.kind === 'unknown') return `what use ${found.path.join('::')} imports`
  if (found.kind === 'macro') return `what ${found.call.name}! (${formatLocation(found.call.location)}) defines`
  const location = found.kind === 'items' ? found.items[0]?.rust.location : undefined
  return location ? formatLocation(location) : 'a value'
}
