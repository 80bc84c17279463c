import { constValue } from './const-value.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'
import type { Container } from './known-types.ts'
import type { Fields, NamedType, Type } from './model.ts'
import { derivesOf, effective, presence, Serde } from './rust-attributes.ts'
import type { Crate, Crates, Item, Module } from './rust-crates.ts'
import { itemsOf, modulePath, Names } from './rust-names.ts'
import {
  childrenOf,
  type Expression,
  type Generic,
  type Meta,
  type Place,
  type RustField,
  type RustFields,
  type RustImpl,
  type RustType,
  type RustVariant,
  readRustType,
} from './rust-syntax.ts'
import { namesIn } from './schema-file.ts'
import { writtenAs, writtenWith } from './serde-with.ts'
import { formatType, isPrimitive, isReserved, parseType } from './type-text.ts'

/** Something an import needs to know and the source does not say. */
export interface ImportProblem extends Place {
  /** The type, attribute or name it is about, as written. */
  readonly about: string
  readonly reason: string
  /** What to type, `--map crate::Money=…`, where that would settle it. */
  readonly fix: string | undefined
}

/** Something that was settled, but is worth knowing. */
export interface ImportNote extends Place {
  readonly text: string
}

/** A type with its arguments: one entry of the schema, once its name is known. */
export interface Instance {
  /** Its name until all names are known. */
  readonly id: string
  readonly path: readonly string[]
  readonly args: readonly Arg[]
  readonly place: Place | undefined
  readonly item: Item | undefined
  body: NamedType | undefined
}

/** An argument as it was written, and where, since its names mean what they meant there. */
export interface Arg {
  readonly rust: RustType
  readonly env: Env
  /** `undefined` for what serde cannot write, which a marker need not be. */
  readonly type: Type | undefined
  readonly value: bigint | undefined
}

export interface Env {
  readonly module: Module
  readonly generics: ReadonlyMap<string, Arg>
  readonly self: Instance | undefined
  /** From the command line, where short names of the schema file may be used. */
  readonly isAnswer?: boolean
}

interface ImplIn {
  readonly impl: RustImpl
  readonly module: Module
}

/** Deeper than types are nested; an alias that names itself ends here. */
const MAX_DEPTH = 100
/** More than a service has; a type that needs itself with ever longer arguments ends here. */
const MAX_INSTANCES = 1000

const UNREADABLE: Type = { kind: 'known', name: 'unreadable' }

export interface Answers {
  /** Types by their path, each as the text of a type. */
  readonly map: ReadonlyMap<string, string>
  readonly assume: ReadonlyMap<string, string>
}

/** From Rust's types to those of a schema, collecting what could not be settled. */
export class Lowering {
  readonly problems: ImportProblem[] = []
  readonly notes: ImportNote[] = []
  readonly usedAnswers = new Set<string>()
  readonly names: Names
  readonly #crates: Crates
  readonly #answers: Answers
  /** Where names on the command line are looked up. */
  readonly #home: Module
  readonly #instances = new Map<string, Instance>()
  readonly #byId = new Map<string, Instance>()
  readonly #impls = new Map<Crate, Map<Item['rust'], ImplIn[]>>()
  /** Above zero, what cannot be settled is not a problem yet. */
  #quiet = 0

  constructor(crates: Crates, home: Module, answers: Answers) {
    this.#crates = crates
    this.#home = home
    this.#answers = answers
    this.names = new Names(crates)
  }

  /** The type an item is, without arguments, and all it reaches. */
  lower(item: Item): Instance {
    const root = this.#instanceOf(
      item,
      this.#bind(item, [], { module: item.module, generics: new Map(), self: undefined }),
    )
    const queue = [root]
    const seen = new Set<Instance>()
    for (let instance = queue.pop(); instance; instance = queue.pop()) {
      if (seen.has(instance)) continue
      seen.add(instance)
      const { item } = instance
      if (item && this.#instances.size > MAX_INSTANCES) {
        this.#problem(item.rust.place, item.rust.name, 'it needs itself with ever longer arguments', undefined)
        break
      }
      if (item) instance.body ??= this.#body(instance, item)
      queue.push(...this.#reachedFrom(instance.body))
    }
    return root
  }

  /** Every instance that a value of `root` may hold, itself first. */
  reached(root: Instance): Instance[] {
    const seen = new Set([root])
    for (const instance of seen) for (const next of this.#reachedFrom(instance.body)) seen.add(next)
    return [...seen]
  }

  instance(id: string): Instance | undefined {
    return this.#byId.get(id)
  }

  /** What an item derives, by the names the traits were born with. */
  derivesOf({ rust, module }: Item): string[] {
    return derivesOf(effective(rust.attributes, this.#answers.assume).list).map((path) => {
      const steps = path.split('::')
      const found = this.names.find(module, steps, 'type')
      return (found?.kind === 'foreign' ? found.path.at(-1) : undefined) ?? (steps.at(-1) as string)
    })
  }

  /** Impl blocks of a type, in its own crate. */
  implsOf(item: Item): readonly ImplIn[] {
    const { crate } = item.module
    let impls = this.#impls.get(crate)
    if (!impls) {
      impls = new Map()
      this.#collectImpls(crate.root, impls)
      this.#impls.set(crate, impls)
    }
    return impls.get(item.rust) ?? []
  }

  #collectImpls(module: Module, impls: Map<Item['rust'], ImplIn[]>): void {
    for (const impl of module.impls) {
      if (impl.self.kind !== 'path') continue
      const path = impl.self.segments.map(({ name }) => name)
      const found = this.names.find(module, path, 'type', impl.self.isGlobal)
      for (const { rust } of found?.kind === 'items' ? found.items : []) {
        const same = impls.get(rust)
        if (same) same.push({ impl, module })
        else impls.set(rust, [{ impl, module }])
      }
    }
    for (const child of module.modules.values()) this.#collectImpls(child, impls)
  }

  #reachedFrom(body: NamedType | undefined): Instance[] {
    if (!body) return []
    const fields = body.kind === 'struct' ? [body.fields] : body.variants.map((variant) => variant.fields)
    return fields
      .flatMap(typesOf)
      .flatMap(namesIn)
      .flatMap((id) => this.#byId.get(id) ?? [])
  }

  // Types

  type(rust: RustType, env: Env, depth = 0): Type | undefined {
    if (depth > MAX_DEPTH) return this.#problem(rust.place, rust.text, 'it is defined by itself', undefined)
    switch (rust.kind) {
      case 'tuple': {
        const items = rust.items.map((item) => this.type(item, env, depth + 1))
        if (!allThere(items)) return undefined
        return items.length === 0 ? { kind: 'unit' } : { kind: 'tuple', items }
      }
      case 'array': {
        const item = this.type(rust.item, env, depth + 1)
        const length = this.#length(rust.length, env)
        if (length === undefined) {
          const written = rust.length.source.textOf(rust.length.node)
          const reason = `its length, ${written}, is not a number that can be worked out here`
          return this.#problem(rust.place, rust.text, reason, `--assume '${written}=…'`)
        }
        return item && { kind: 'array', item, length }
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
        return this.#problem(rust.place, rust.text, 'a value stands where a type belongs', undefined)
      case 'other': {
        const answer = this.#override([rust.text], [], rust, env)
        return answer ? answer.type : this.#problem(rust.place, rust.text, `it is ${rust.what}`, mapFix(rust.text))
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
      if (isPrimitive(first) && first !== 'String' && (first !== 'bytes' || env.isAnswer)) return { kind: first }
      if (first === 'str') return { kind: 'String' }
    }
    const written = path.join('::')
    const isAssociated =
      env.generics.has(first) ||
      first === 'Self' ||
      rust.segments.slice(0, -1).some((segment) => segment.args.length > 0)
    if (isAssociated) {
      const answer = this.#override([rust.text], args, rust, env)
      if (answer) return answer.type
      return this.#problem(
        rust.place,
        rust.text,
        'it is an associated type, which is settled elsewhere',
        mapFix(rust.text),
      )
    }
    const found = this.names.find(env.module, path, 'type', rust.isGlobal)
    if (found?.kind === 'items') return this.#items(found.items, rust, args, env, depth)
    if (found?.kind === 'foreign') return this.#foreign(found.path, rust, args, env, depth)
    const answer = this.#override([written], args, rust, env)
    if (answer) return answer.type
    const loose = this.#onlyLoose(env.module, path.at(-1) ?? '')
    if (loose) {
      this.#note(
        rust.place,
        `${written} is taken for the ${loose.rust.name} of ${loose.rust.place.file}:${loose.rust.place.line}`,
      )
      return this.#items([loose], rust, args, env, depth)
    }
    if (env.isAnswer) {
      const short = parseType(rust.text)
      if (short.ok && namesIn(short.type).length === 0) return short.type
    }
    return this.#unknown(written, rust, env)
  }

  /** Of files without a crate around them, paths may not fit; a name that only one of them has still may be meant. */
  #onlyLoose(module: Module, name: string): Item | undefined {
    if (module.crate.root.file !== '') return undefined
    const [only, ...more] = itemsOf(module.crate.root).filter(({ rust }) => rust.name === name)
    return more.length === 0 ? only : undefined
  }

  #unknown(written: string, rust: RustType, env: Env): undefined {
    const name = written.slice(written.lastIndexOf(':') + 1)
    const macro = this.#macroNaming(name)
    const globs = this.names.foreignGlobs(env.module).filter((glob) => !glob.startsWith('std::'))
    const reason = macro
      ? `it seems to be made by ${macro.name}! (${macro.place.file}:${macro.place.line}), which is not expanded here`
      : globs.length > 0 && !written.includes('::')
        ? `no ${name} is in scope, unless ${globs.map((glob) => `${glob}::*`).join(' or ')} brings it`
        : `no ${written} is in scope`
    return this.#problem(rust.place, rust.text, reason, mapFix(written))
  }

  #macroNaming(name: string): { name: string; place: Place } | undefined {
    for (const { root } of this.#crates.all) {
      const found = macroNaming(name, root)
      if (found) return found
    }
    return undefined
  }

  #items(items: readonly Item[], rust: RustType, args: readonly RustType[], env: Env, depth: number): Type | undefined {
    const [some] = items
    if (!some) return undefined
    const full = [...modulePath(some.module), some.rust.name].join('::')
    const answer = this.#override([full], args, rust, env)
    if (answer) return answer.type
    const item = this.#present(items, rust)
    if (!item) return undefined
    const bound = this.#bind(item, args, env)
    if (item.rust.kind === 'alias') {
      const generics = argsByName(item, bound)
      return this.type(item.rust.type, { module: item.module, generics, self: undefined }, depth + 1)
    }
    return { kind: 'named', name: this.#instanceOf(item, bound).id }
  }

  /** Of items that differ in their `cfg`, the one that is compiled. */
  #present(items: readonly Item[], rust: RustType): Item | undefined {
    const open: Item[] = []
    const asked: string[] = []
    for (const item of items) {
      const state = presence(item.rust.attributes, this.#answers.assume)
      if ('ask' in state) asked.push(...state.ask)
      if ('ask' in state || state.holds) open.push(item)
    }
    const [only, ...more] = open
    if (!only) return this.#problem(rust.place, rust.text, 'its cfg excludes it', undefined)
    if (more.length === 0) return only
    const places = open.map(({ rust: { place } }) => `${place.file}:${place.line}`).join(' and ')
    return this.#problem(rust.place, rust.text, `it is defined more than once: ${places}`, assumeFix(asked))
  }

  #foreign(
    path: readonly string[],
    rust: RustType,
    args: readonly RustType[],
    env: Env,
    depth: number,
  ): Type | undefined {
    const full = canonicalPath(path)
    const answer = this.#override([path.join('::'), full], args, rust, env)
    if (answer) return answer.type
    if (full === 'chrono::DateTime') return this.#dateTime(rust, args[0], env)
    if (full === 'std::num::NonZero') {
      const inner = args[0] && this.type(args[0], env, depth + 1)
      const name = inner && `NonZero${formatType(inner).charAt(0).toUpperCase()}${formatType(inner).slice(1)}`
      return name === undefined ? undefined : { kind: 'known', name }
    }
    const atomic = /^std::sync::atomic::Atomic(Bool|[IU](?:8|16|32|64|size))$/.exec(full)?.[1]?.toLowerCase()
    if (atomic !== undefined && isPrimitive(atomic)) return { kind: atomic } as Type
    const found = foreignType(full)
    if (found?.kind === 'known') return this.#known(found.type.name, found.type.unreadable, rust, env)
    if (found) return this.#container(found.container, full, rust, args, env, depth)
    if (env.isAnswer) {
      const short = parseType(rust.text)
      if (short.ok && namesIn(short.type).length === 0) return short.type
    }
    const where =
      path[0] === 'std'
        ? 'serde does not write it, or crbus does not know how'
        : `crate ${path[0]} is not among the paths`
    const macro = this.#macroNaming(path.at(-1) ?? '')
    const made =
      macro && path.length === 1 ? `; ${macro.name}! (${macro.place.file}:${macro.place.line}) may make it` : ''
    return this.#problem(rust.place, rust.text, where + made, mapFix(path.join('::')))
  }

  #known(name: string, unreadable: string | undefined, rust: RustType, env: Env): Type {
    if (name === 'Decimal') {
      const features = this.#crates.featuresOf(env.module.crate, 'rust_decimal')
      if (features.includes('serde-arbitrary-precision')) {
        this.#note(
          rust.place,
          `${rust.text}: with rust_decimal's feature serde-arbitrary-precision bincode cannot tell its bytes`,
        )
        return UNREADABLE
      }
      if (features.includes('serde-float')) return { kind: 'known', name: 'f64 as decimal' }
      if (features.includes('serde-str') || features.includes('serde-bincode')) return { kind: 'known', name }
    }
    if (unreadable !== undefined)
      this.#note(rust.place, `${rust.text}: Rust cannot read it back from bincode: ${unreadable}`)
    return { kind: 'known', name }
  }

  #dateTime(rust: RustType, arg: RustType | undefined, env: Env): Type | undefined {
    let [zone, at] = [arg, env]
    for (let bound = zone && boundTo(zone, at); bound; bound = boundTo(zone, at)) [zone, at] = [bound.rust, bound.env]
    const path = zone?.kind === 'path' ? zone.segments.map(({ name }) => name) : []
    const found = path.length === 0 ? undefined : this.names.find(at.module, path)
    const full = found?.kind === 'foreign' ? canonicalPath(found.path) : ''
    const name = /^chrono::(Utc|FixedOffset|Local)$|^chrono_tz::(Tz)$/.exec(full)
    if (name) {
      const known = `DateTime<${name[1] ?? name[2]}>`
      return this.#known(known, name[2] ? 'chrono reads no DateTime<Tz>' : undefined, rust, env)
    }
    return this.#problem(
      rust.place,
      rust.text,
      'its time zone is neither Utc, FixedOffset, Local nor Tz',
      mapFix('chrono::DateTime'),
    )
  }

  #container(
    { becomes }: Container,
    full: string,
    rust: RustType,
    args: readonly RustType[],
    env: Env,
    depth: number,
  ): Type | undefined {
    const argument = (index: number): Type | undefined => {
      const arg = args[index]
      if (arg) return this.type(arg, env, depth + 1)
      return this.#problem(rust.place, rust.text, `${full} is missing an argument`, mapFix(full))
    }
    switch (becomes.kind) {
      case 'unit':
      case 'String':
      case 'bytes':
        return { kind: becomes.kind }
      case 'argument':
        return argument(0)
      case 'option': {
        const item = argument(0)
        return item && { kind: 'option', item }
      }
      case 'sequence': {
        const item = argument(0)
        return item && { kind: 'sequence', name: becomes.name, item }
      }
      case 'sequence of array': {
        const inner = argument(0)
        return inner && { kind: 'sequence', name: becomes.name, item: inner.kind === 'array' ? inner.item : inner }
      }
      case 'map': {
        const [key, value] = [argument(0), argument(1)]
        return key && value && { kind: 'map', name: becomes.name, key, value }
      }
      case 'result': {
        const [ok, error] = [argument(0), argument(1)]
        return ok && error && { kind: 'result', ok, error }
      }
      case 'struct': {
        const type = argument(0)
        if (!type) return undefined
        const fields = becomes.fields.map((name) => ({ name, type }))
        return this.#made(full, args, env, { kind: 'struct', at: full, fields: { kind: 'fields', fields } })
      }
      case 'enum': {
        const variants = becomes.variants.map(({ name, argument: index }) => ({
          name,
          type: index === undefined ? undefined : argument(index),
          isUnit: index === undefined,
        }))
        if (variants.some(({ type, isUnit }) => !isUnit && !type)) return undefined
        const body: NamedType = {
          kind: 'enum',
          at: full,
          variants: variants.map(({ name, type }) => ({
            name,
            fields: type ? { kind: 'tuple', items: [type] } : { kind: 'unit' },
          })),
        }
        return this.#made(full, args, env, body)
      }
    }
  }

  /** A generic type of a library, spelled out as one of the schema's own. */
  #made(full: string, args: readonly RustType[], env: Env, body: NamedType): Type {
    const bound = args.map((rust) => this.#arg(rust, env, 'type'))
    const key = `${full}<${bound.map(argKey).join(', ')}>`
    const found = this.#instances.get(key)
    if (found) return { kind: 'named', name: found.id }
    return {
      kind: 'named',
      name: this.#newInstance(key, { path: full.split('::'), args: bound, place: undefined, item: undefined, body }).id,
    }
  }

  #instanceOf(item: Item, args: readonly Arg[]): Instance {
    const { place, name } = item.rust
    const path = [...modulePath(item.module), name]
    const key = `${place.file}:${place.line} ${path.join('::')}<${args.map(argKey).join(', ')}>`
    return this.#instances.get(key) ?? this.#newInstance(key, { path, args, place, item, body: undefined })
  }

  #newInstance(key: string, of: Omit<Instance, 'id'>): Instance {
    // No Rust name has a digit first, so this is never taken for one.
    const instance = { ...of, id: `0_${this.#instances.size}` }
    this.#instances.set(key, instance)
    this.#byId.set(instance.id, instance)
    return instance
  }

  #bind(item: Item, args: readonly RustType[], env: Env): Arg[] {
    const bound: Arg[] = []
    // A default may use the arguments before it.
    const before = new Map<string, Arg>()
    for (const [index, generic] of item.rust.generics.entries()) {
      const given = args[index]
      const inItem: Env = { module: item.module, generics: before, self: undefined }
      const arg = given
        ? this.#arg(given, env, generic.kind)
        : generic.fallback && this.#arg(generic.fallback, inItem, generic.kind)
      if (!arg) break
      bound.push(arg)
      before.set(generic.name, arg)
    }
    return bound
  }

  #arg(rust: RustType, env: Env, kind: Generic['kind']): Arg {
    const own = boundTo(rust, env)
    if (own) return own
    if (kind === 'value') {
      const value = rust.kind === 'value' ? constValue(rust.value, (path) => this.#constant(path, env)) : undefined
      const named =
        rust.kind === 'path'
          ? this.#constant(
              rust.segments.map(({ name }) => name),
              env,
            )
          : undefined
      return { rust, env, type: undefined, value: value ?? named }
    }
    this.#quiet += 1
    const type = rust.kind === 'value' ? undefined : this.type(rust, env)
    this.#quiet -= 1
    return { rust, env, type, value: undefined }
  }

  #length(expression: Expression, env: Env): number | undefined {
    const answer = this.#answer(expression.source.textOf(expression.node))
    const value = answer === undefined ? constValue(expression, (path) => this.#constant(path, env)) : BigInt(answer)
    return value === undefined || value < 0n || value > 0xffff_ffffn ? undefined : Number(value)
  }

  #constant(path: readonly string[], env: Env): bigint | undefined {
    const [first = '', second] = path
    if (path.length === 1) {
      const bound = env.generics.get(first)
      if (bound) return bound.value
    }
    const found = this.names.find(env.module, path, 'value')
    if (found?.kind === 'const' && found.value.value) {
      const inner: Env = { module: found.module, generics: new Map(), self: undefined }
      return constValue(found.value.value, (name) => this.#constant(name, inner))
    }
    // `Self::LEN`, or `Key::LEN`.
    const owner =
      path.length === 2 ? (first === 'Self' ? env.self?.item : this.#itemNamed(env.module, first)) : undefined
    for (const { impl, module } of owner ? this.implsOf(owner) : []) {
      const value = impl.consts.find(({ name }) => name === second)?.value
      if (value) return constValue(value, (name) => this.#constant(name, { ...env, module }))
    }
    return undefined
  }

  #itemNamed(module: Module, name: string): Item | undefined {
    const found = this.names.find(module, [name])
    return found?.kind === 'items' ? found.items[0] : undefined
  }

  // Answers from the command line

  /** `undefined`: nobody answered; a type that is `undefined`: the answer was no type. */
  #override(
    paths: readonly string[],
    args: readonly RustType[],
    rust: RustType,
    env: Env,
  ): { type: Type | undefined } | undefined {
    for (const [key, text] of this.#answers.map) {
      const [, name = key, params = ''] = /^(.*?)(?:<([\w\s,]*)>)?$/.exec(key) ?? []
      if (!paths.some((path) => path === name || path === key || path.endsWith(`::${name}`)) && key !== rust.text)
        continue
      this.usedAnswers.add(key)
      const generics = new Map<string, Arg>()
      const names = params.split(',').map((param) => param.trim())
      for (const [index, param] of names.entries()) {
        const arg = args[index]
        if (param !== '' && arg) generics.set(param, this.#arg(arg, env, 'type'))
      }
      return {
        type: this.#fromText(text, { module: this.#home, generics, self: undefined, isAnswer: true }, rust.place),
      }
    }
    return undefined
  }

  #answer(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const answer = this.#answers.assume.get(key)
      if (answer === undefined) continue
      this.usedAnswers.add(key)
      return answer
    }
    return undefined
  }

  /** A type as on the command line: in the notation of a schema file, or in Rust as the crate's root would read it. */
  #fromText(text: string, env: Env, place: Place): Type | undefined {
    const parsed = parseType(text)
    if (!parsed.ok) {
      const rust = readRustType(text, place)
      return rust ? this.type(rust, env) : this.#problem(place, text, `it is no type: ${parsed.reason}`, undefined)
    }
    const settle = (type: Type): Type | undefined => {
      switch (type.kind) {
        case 'named': {
          const rust = readRustType(type.name, place)
          return rust && this.type(rust, env)
        }
        case 'option':
        case 'sequence':
        case 'array': {
          const item = settle(type.item)
          return item && { ...type, item }
        }
        case 'tuple': {
          const items = type.items.map(settle)
          return allThere(items) ? { ...type, items } : undefined
        }
        case 'map': {
          const [key, value] = [settle(type.key), settle(type.value)]
          return key && value && { ...type, key, value }
        }
        case 'result': {
          const [ok, error] = [settle(type.ok), settle(type.error)]
          return ok && error && { ...type, ok, error }
        }
        default:
          return type
      }
    }
    return settle(parsed.type)
  }

  // Items

  #body(instance: Instance, item: Item): NamedType | undefined {
    const { rust } = item
    const at = `${rust.place.file}:${rust.place.line}`
    const full = instance.path.join('::')
    const whole = (type: Type | undefined): NamedType | undefined =>
      type && { kind: 'struct', at, fields: { kind: 'tuple', items: [type] } }
    const fail = (reason: string, fix: string | undefined): undefined =>
      this.#problem(rust.place, rust.name, reason, fix)
    if (rust.kind === 'alias' || rust.kind === 'trait') return fail(`${rust.name} is a ${rust.kind}`, mapFix(full))
    if (rust.kind === 'union') return fail('serde writes no union', mapFix(full))
    if (rust.isBroken) return fail('this is not Rust that crbus understands', mapFix(full))
    const attributes = this.#effective(rust.attributes, rust.name)
    const derives = this.derivesOf(item)
    const rewriting = attributeMacroOf(attributes)
    if (rewriting)
      this.#note(
        rewriting.place,
        `${rust.name}: #[${rewriting.path}] may be a macro that changes it, which is not seen here`,
      )
    const isAssumed = this.#answer(full, rust.name) === 'derived'
    if (derives.includes('Serialize_repr') || derives.includes('Deserialize_repr')) {
      const repr = attributes
        .find(({ path }) => path === 'repr')
        ?.items.map(({ path }) => path)
        .find(isPrimitive)
      return repr ? whole({ kind: repr } as Type) : fail('Serialize_repr needs a repr', mapFix(full))
    }
    if (derives.includes('SerializeDisplay') || this.#isPlain(item)) return whole({ kind: 'String' })
    if (!derives.includes('Serialize') && !isAssumed) {
      const byHand = this.implsOf(item).find(({ impl }) => traitName(impl) === 'Serialize')
      if (byHand) return fail(`it is serialized by hand${hintOf(byHand.impl)}`, mapFix(full))
      if (!derives.includes('Deserialize')) {
        return fail(`nothing here derives Serialize for it`, `${mapFix(full)}, or --assume ${full}=derived`)
      }
    }
    const none = attributes.find(({ path }) => /(^|::)skip_serializing_none$/.test(path))
    if (none)
      this.#note(
        none.place,
        `${rust.name}: where skip_serializing_none leaves a field out, neither Rust nor crbus can read the bytes`,
      )
    const env: Env = { module: item.module, generics: argsByName(item, instance.args), self: instance }
    const serde = new Serde(attributes)
    const other = serde.value('into') ?? serde.value('from') ?? serde.value('try_from')
    if (other !== undefined) {
      const type = readRustType(other, rust.place)
      return type ? whole(this.type(type, env)) : fail(`'${other}' is no type`, mapFix(full))
    }
    const tagged = ['untagged', 'tag', 'content', 'flatten'].find((name) => serde.has(name))
    if (tagged !== undefined && rust.kind === 'enum') {
      this.#note(rust.place, `${rust.name}: serde(${tagged}) makes it something bincode cannot read`)
      return whole(UNREADABLE)
    }
    if (tagged !== undefined) {
      this.#note(
        rust.place,
        `${rust.name}: serde(tag) puts a text before it, which bincode in Rust then takes for its first field`,
      )
      return whole(UNREADABLE)
    }
    if (rust.kind === 'enum') return { kind: 'enum', at, variants: this.#variants(rust.variants, rust.name, env) }
    if (serde.has('transparent')) {
      const kept = rust.fields.fields.filter((field) => !this.#isLeftOut(field) && !isMarker(field.type))
      const [only, ...more] = kept
      if (only && more.length === 0) return whole(this.#field(only, rust.name, env))
    }
    const fields = this.#fields(rust.fields, rust.name, env, 'struct')
    return fields && { kind: 'struct', at, fields }
  }

  /** `serde_plain::derive_serialize_from_display!(Level)` and `forward_display_to_serde!` write texts. */
  #isPlain({ rust, module }: Item): boolean {
    return module.invocations.some(
      ({ name, tokens }) =>
        /derive_(serialize_from_display|deserialize_from_fromstr)$/.test(name) &&
        childrenOf(tokens.node).some((token) => tokens.source.textOf(token) === rust.name),
    )
  }

  #variants(variants: readonly RustVariant[], owner: string, env: Env): { name: string; fields: Fields }[] {
    const left = new Set<string>()
    return variants.flatMap((variant) => {
      const about = `${owner}::${variant.name}`
      const attributes = this.#effective(variant.attributes, about)
      if (!this.#isPresent(variant.attributes, about, variant.place)) return []
      const serde = new Serde(attributes)
      const skip = ['skip', 'skip_serializing'].find((name) => serde.has(name))
      if (skip !== undefined || serde.has('untagged')) {
        // It keeps its number in what is written.
        if (skip === undefined)
          this.#note(variant.place, `${about}: serde(untagged) makes the enum something bincode cannot read`)
        if (skip === 'skip') left.add(variant.name)
        return [{ name: variant.name, fields: { kind: 'tuple', items: [UNREADABLE] } }]
      }
      if (serde.has('skip_deserializing')) left.add(variant.name)
      else if (left.size > 0) {
        const names = [...left].join(', ')
        const text = `${about}: Rust writes it, and what follows, with the number it has here, but reads as if ${names} did not count: it cannot read its own bytes`
        this.#note(variant.place, text)
        left.clear()
      }
      const by = serde.value('with') ?? serde.value('serialize_with')
      const fields =
        by === undefined
          ? this.#fields(variant.fields, about, env, 'variant')
          : this.#wholeVariant(by, variant, about, env, serde.has('serialize_with'))
      return fields ? [{ name: variant.name, fields }] : []
    })
  }

  #wholeVariant(by: string, variant: RustVariant, about: string, env: Env, isFunction: boolean): Fields | undefined {
    const [only, ...more] = variant.fields.fields
    const type = this.#written(by, only && more.length === 0 ? only.type : undefined, {
      about,
      place: variant.place,
      env,
      isFunction,
    })
    return type && { kind: 'tuple', items: [type] }
  }

  #fields({ kind, fields }: RustFields, owner: string, env: Env, of: 'struct' | 'variant'): Fields | undefined {
    if (kind === 'unit') return { kind: 'unit' }
    const there = fields.filter((field) => this.#isPresent(field.attributes, aboutField(owner, field), field.place))
    const kept = there.filter((field) => !this.#isLeftOut(field))
    for (const field of there) this.#noteSkips(field, owner)
    const flat = kept.find((field) => this.#serdeOf(field).has('flatten'))
    if (flat) {
      this.#note(flat.place, `${aboutField(owner, flat)}: serde(flatten) makes ${owner} something bincode cannot write`)
      return { kind: 'tuple', items: [UNREADABLE] }
    }
    const types = kept.map((field) => this.#field(field, owner, env))
    if (!allThere(types)) return undefined
    if (kind === 'fields') {
      return { kind: 'fields', fields: kept.map(({ name }, index) => ({ name, type: types[index] as Type })) }
    }
    if (there.length === kept.length) return { kind: 'tuple', items: types }
    // What is left of a longer tuple is a tuple still; serde takes a newtype variant without its field for a unit.
    if (there.length === 1 && of === 'variant') return { kind: 'unit' }
    return types.length === 1
      ? { kind: 'tuple', items: [{ kind: 'tuple', items: types }] }
      : { kind: 'tuple', items: types }
  }

  #serdeOf(field: RustField): Serde {
    return new Serde(effective(field.attributes, this.#answers.assume).list)
  }

  #isLeftOut(field: RustField): boolean {
    const serde = this.#serdeOf(field)
    return serde.has('skip') || serde.has('skip_serializing')
  }

  #noteSkips(field: RustField, owner: string): void {
    const serde = this.#serdeOf(field)
    const about = aboutField(owner, field)
    if (serde.has('skip_serializing_if')) {
      this.#note(
        field.place,
        `${about}: where skip_serializing_if leaves it out, neither Rust nor crbus can read the bytes`,
      )
    }
    if (serde.has('skip_serializing') && !serde.has('skip_deserializing') && !serde.has('skip')) {
      this.#note(field.place, `${about}: skip_serializing leaves it out, but Rust expects it when it reads`)
    }
    if (serde.has('skip_deserializing') && !serde.has('skip_serializing') && !serde.has('skip')) {
      this.#note(field.place, `${about}: it is written, but Rust does not expect it when it reads`)
    }
  }

  #isPresent(attributes: readonly Meta[], about: string, place: Place): boolean {
    const state = presence(attributes, this.#answers.assume)
    if ('holds' in state) return state.holds
    this.#problem(place, about, `whether it is there depends on ${state.ask.join(', ')}`, assumeFix(state.ask))
    return false
  }

  #effective(attributes: readonly Meta[], about: string): readonly Meta[] {
    const { list, open } = effective(attributes, this.#answers.assume)
    for (const { keys, meta } of open) {
      this.#problem(meta.place, about, `whether ${meta.text} holds depends on ${keys.join(', ')}`, assumeFix(keys))
    }
    return list
  }

  #field(field: RustField, owner: string, env: Env): Type | undefined {
    const about = aboutField(owner, field)
    const attributes = this.#effective(field.attributes, about)
    const as = attributes.find(({ path }) => path === 'serde_as')?.items
    const asText = as?.find(({ path }) => path === 'as' || path === 'serialize_as')?.value
    if (asText !== undefined) {
      const type = readRustType(asText, field.place)
      return type
        ? this.#as(type, field.type, { about, place: field.place, env })
        : this.#askAs(asText, about, field.place)
    }
    const serde = new Serde(attributes)
    const by = serde.value('with') ?? serde.value('serialize_with')
    if (by === undefined) return this.type(field.type, env)
    return this.#written(by, field.type, { about, place: field.place, env, isFunction: !serde.has('with') })
  }

  // What attributes name to write a field

  #written(
    by: string,
    type: RustType | undefined,
    { about, place, env, isFunction }: { about: string; place: Place; env: Env; isFunction: boolean },
  ): Type | undefined {
    const shown = isFunction ? `serialize_with = "${by}"` : `with = "${by}"`
    const as = /^(?:::)?(?:serde_with::)?As::<(.*)>(?:::serialize)?$/.exec(by.replaceAll(/\s+/g, ''))?.[1]
    if (as !== undefined && type) {
      const asType = readRustType(as, place)
      return asType && this.#as(asType, type, { about, place, env })
    }
    const isGlobal = by.startsWith('::')
    const steps = by.replace(/^::/, '').replaceAll(/\s+/g, '').split('::')
    const module = isFunction && steps.at(-1) === 'serialize' ? steps.slice(0, -1) : steps
    const space = isFunction && module === steps ? 'value' : 'type'
    const found = space === 'type' ? this.names.find(env.module, module, 'type', isGlobal) : undefined
    const full =
      found?.kind === 'module' ? modulePath(found.module).join('::') : this.#fullPath(env.module, module, isGlobal)
    const answer = this.#answer(by, module.join('::'), full, ...tailsOf(full))
    if (answer !== undefined)
      return this.#fromText(
        answer,
        { module: this.#home, generics: env.generics, self: undefined, isAnswer: true },
        place,
      )
    if (found?.kind === 'items') {
      const [remote] = found.items
      if (remote && new Serde(this.#effective(remote.rust.attributes, remote.rust.name)).has('remote')) {
        return { kind: 'named', name: this.#instanceOf(remote, this.#bind(remote, [], env)).id }
      }
    }
    const known = space === 'type' ? writtenWith(full) : undefined
    if (known?.kind === 'type') {
      if (known.unreadable !== undefined)
        this.#note(place, `${about}: Rust cannot read it back from bincode: ${known.unreadable}`)
      return known.type
    }
    if (known && type) {
      if (known.kind === 'same') return this.type(type, env)
      if (known.kind === 'pairs') {
        const map = this.type(type, env)
        if (map?.kind !== 'map') return map
        return { kind: 'sequence', name: 'Vec', item: { kind: 'tuple', items: [map.key, map.value] } }
      }
      const isOption = this.#isOption(type, env)
      return isOption ? { kind: 'option', item: known.type } : known.type
    }
    const format = this.#timeFormat(module, env.module)
    if (format) return format
    const hint = found?.kind === 'module' ? hintOfFunction(found.module.functions.get('serialize')?.body) : ''
    const own = this.#functionAt(env.module, steps)
    return this.#problem(
      place,
      about,
      `${shown} writes it in a way of its own${hint || hintOfFunction(own)}`,
      `--assume ${full}=…`,
    )
  }

  #fullPath(module: Module, path: readonly string[], isGlobal: boolean): string {
    const found = this.names.find(module, path, 'type', isGlobal)
    if (found?.kind === 'foreign') return found.path.join('::')
    if (found?.kind === 'items') return [...modulePath((found.items[0] as Item).module), path.at(-1)].join('::')
    // A name alone that is not here is a crate's; a function's is here.
    if (path.length === 1 && !module.functions.has(path[0] ?? '')) return path.join('::')
    const parent = this.names.find(module, path.slice(0, -1))
    if (parent?.kind === 'foreign') return [...parent.path, path.at(-1)].join('::')
    return parent?.kind === 'module' ? [...modulePath(parent.module), path.at(-1)].join('::') : path.join('::')
  }

  #functionAt(module: Module, path: readonly string[]): Expression | undefined {
    const parent = this.names.find(module, path.slice(0, -1))
    const name = path.at(-1) ?? ''
    return parent?.kind === 'module' ? parent.module.functions.get(name)?.body : undefined
  }

  /** `time::serde::format_description!(short, Date, "…")` makes a module that writes a text. */
  #timeFormat(path: readonly string[], module: Module): Type | undefined {
    const isOption = path.at(-1) === 'option'
    const steps = isOption ? path.slice(0, -1) : path
    const parent = steps.length > 1 ? this.names.find(module, steps.slice(0, -1)) : { kind: 'module' as const, module }
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
    const found = this.names.find(
      env.module,
      type.segments.map(({ name }) => name),
      'type',
      type.isGlobal,
    )
    return found?.kind === 'foreign' && canonicalPath(found.path) === 'std::option::Option'
  }

  /** `serde_as(as = "Vec<DisplayFromStr>")`: containers are those of the field, leaves say what is written. */
  #as(as: RustType, field: RustType, at: { about: string; place: Place; env: Env }): Type | undefined {
    const { env } = at
    if (as.text === '_') return this.type(field, env)
    if (as.kind === 'array' && field.kind === 'array') {
      const [item, length] = [this.#as(as.item, field.item, at), this.#length(field.length, env)]
      return item && length !== undefined ? { kind: 'array', item, length } : undefined
    }
    if (as.kind === 'tuple' && field.kind === 'tuple' && as.items.length === field.items.length) {
      const items = as.items.map((item, index) => this.#as(item, field.items[index] as RustType, at))
      return allThere(items) ? { kind: 'tuple', items } : undefined
    }
    if (as.kind !== 'path') return this.#askAs(as.text, at.about, at.place)
    const last = as.segments.at(-1)
    const name = last?.name ?? ''
    const answer = this.#answer(as.text, name)
    if (answer !== undefined)
      return this.#fromText(
        answer,
        { module: this.#home, generics: env.generics, self: undefined, isAnswer: true },
        at.place,
      )
    if (name === 'Same') return this.type(field, env)
    const argument = last?.args[0]
    if (/^(FromInto|TryFromInto|FromIntoRef|TryFromIntoRef)$/.test(name) && argument) return this.type(argument, env)
    const leaf = writtenAs(name, argument?.text)
    if (leaf) return leaf
    const found = this.names.find(
      env.module,
      as.segments.map((segment) => segment.name),
      'type',
      as.isGlobal,
    )
    const container = found?.kind === 'foreign' ? foreignType(canonicalPath(found.path)) : undefined
    const inner = field.kind === 'path' ? (field.segments.at(-1)?.args ?? []) : []
    if (container?.kind === 'container' && last && last.args.length > 0 && inner.length >= last.args.length) {
      const items = last.args.map((arg, index) => this.#as(arg, inner[index] as RustType, at))
      return allThere(items) ? rebuilt(container.container, items) : undefined
    }
    return this.#askAs(as.text, at.about, at.place)
  }

  #askAs(text: string, about: string, place: Place): undefined {
    return this.#problem(place, about, `serde_as(as = "${text}") writes it in a way of its own`, `--assume '${text}=…'`)
  }

  // Names

  /** The types of the schema by their names there, each with as much of its path as makes it the only one. */
  named(root: Instance): {
    readonly root: string
    readonly types: Map<string, NamedType>
    readonly nameOf: ReadonlyMap<Instance, string>
  } {
    const instances = this.reached(root)
    const paths = new Map(instances.map(({ path }) => [path.join('::'), path]))
    const short = new Map([...paths].map(([full, path]) => [full, shortest(path, [...paths.values()])]))
    const nameOf = new Map<Instance, string>()
    const text = (instance: Instance): string => {
      const known = nameOf.get(instance)
      if (known !== undefined) return known
      const base = short.get(instance.path.join('::')) ?? shortest(instance.path, [...paths.values()])
      // An argument may lead back to the type itself only by way of a type of its own.
      const args = instance.args.map((arg) => argText(arg, (id) => text(this.#byId.get(id) as Instance)))
      const whole = args.length === 0 ? base : `${base}<${args.join(', ')}>`
      const taken = new Set(nameOf.values())
      let name = whole
      for (let count = 2; taken.has(name); count += 1) name = `${whole}_${count}`
      nameOf.set(instance, name)
      return name
    }
    for (const instance of instances) text(instance)
    const types = new Map<string, NamedType>()
    const rename = (id: string) => nameOf.get(this.#byId.get(id) as Instance) ?? id
    for (const instance of instances) {
      if (instance.body) types.set(nameOf.get(instance) as string, renamed(instance.body, rename))
    }
    return { root: nameOf.get(root) as string, types, nameOf }
  }

  #problem(place: Place, about: string, reason: string, fix: string | undefined): undefined {
    if (this.#quiet > 0) return undefined
    const isKnown = this.problems.some((known) => known.about === about && known.reason === reason && known.fix === fix)
    if (!isKnown) this.problems.push({ file: place.file, line: place.line, about, reason, fix })
    return undefined
  }

  #note(place: Place, text: string): void {
    if (this.#quiet > 0 || this.notes.some((note) => note.text === text)) return
    this.notes.push({ file: place.file, line: place.line, text })
  }
}

const argsByName = ({ rust }: Item, args: readonly Arg[]): Map<string, Arg> =>
  new Map(args.map((arg, index) => [rust.generics[index]?.name ?? '', arg]))

const mapFix = (path: string): string => (/[<>\s]/.test(path) ? `--map '${path}=…'` : `--map ${path}=…`)
const assumeFix = (keys: readonly string[]): string | undefined =>
  keys.length === 0
    ? undefined
    : [...new Set(keys)].map((key) => (/[\s"]/.test(key) ? `--assume '${key}=on'` : `--assume ${key}=on`)).join(' ')

const aboutField = (owner: string, { name }: RustField): string => `${owner}.${name}`

const allThere = <T>(items: readonly (T | undefined)[]): items is readonly T[] => !items.includes(undefined)

const typesOf = (fields: Fields): readonly Type[] =>
  fields.kind === 'unit' ? [] : fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)

const argKey = ({ type, value, rust }: Arg): string =>
  value === undefined ? (type ? formatType(type) : rust.text) : String(value)

/** Attributes that stand before a derive and are no macros, or macros that leave types what they are. */
const harmless =
  /^(doc|allow|warn|expect|deny|cfg|cfg_attr|derive|repr|non_exhaustive|must_use|deprecated|rustfmt::.*|clippy::.*|serde|(serde_with::)?serde_as|(serde_with::)?skip_serializing_none|(nutype::)?nutype|strum|automatically_derived|(utoipa|schemars)(::.*)?|async_trait(::.*)?|wasm_bindgen(::.*)?)$/

/** What stands before the derives is a macro, and gets to see the item first. */
function attributeMacroOf(attributes: readonly Meta[]): Meta | undefined {
  const derive = attributes.findIndex(({ path }) => path === 'derive')
  return attributes.slice(0, Math.max(derive, 0)).find(({ path }) => !harmless.test(path))
}

const isMarker = (type: RustType): boolean => type.kind === 'path' && type.segments.at(-1)?.name === 'PhantomData'

const traitName = ({ trait }: RustImpl): string | undefined =>
  trait?.kind === 'path' ? trait.segments.at(-1)?.name : undefined

/** What a type stands for that is one of the arguments of what it stands in. */
const boundTo = (rust: RustType | undefined, env: Env): Arg | undefined =>
  rust?.kind === 'path' && rust.segments.length === 1 && rust.segments[0]?.args.length === 0
    ? env.generics.get(rust.segments[0].name)
    : undefined

/** The shorter ways to call a path, without its beginning. */
const tailsOf = (path: string): string[] =>
  path.split('::').flatMap((_, index, steps) => (index === 0 ? [] : steps.slice(index).join('::')))

/** How a hand-written `serialize` seems to write, as a hint and no more. */
const hintOf = ({ functions }: RustImpl): string =>
  hintOfFunction(functions.find(({ name }) => name === 'serialize')?.body)

function hintOfFunction(body: Expression | undefined): string {
  if (!body) return ''
  const calls = new Set<string>()
  body.node.cursor().iterate((node) => {
    const name =
      node.name === 'FieldIdentifier' || node.name === 'Identifier' ? body.source.text.slice(node.from, node.to) : ''
    if (/^serialize_[a-z0-9_]+$/.test(name) || name === 'collect_str') calls.add(name)
  })
  return calls.size === 0 ? '' : ` (it calls ${[...calls].join(', ')})`
}

/** A macro that was called with this name, here or anywhere in the crate. */
function macroNaming(name: string, root: Module): { name: string; place: Place } | undefined {
  for (const { name: macro, tokens, place } of root.invocations) {
    let isThere = false
    tokens.node.cursor().iterate((node) => {
      isThere ||= node.name === 'Identifier' && tokens.source.text.slice(node.from, node.to) === name
    })
    if (isThere) return { name: macro, place }
  }
  for (const child of root.modules.values()) {
    const found = macroNaming(name, child)
    if (found) return found
  }
  return undefined
}

/** A container around what `serde_as` made of its arguments. */
function rebuilt({ becomes }: Container, items: readonly Type[]): Type | undefined {
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

function shortest(path: readonly string[], all: readonly (readonly string[])[]): string {
  for (let count = 1; count <= path.length; count += 1) {
    const name = path.slice(-count).join('::')
    const isOnly = !all.some(
      (other) => other !== path && other.join('::') !== path.join('::') && other.slice(-count).join('::') === name,
    )
    if (isOnly && !isReserved(name)) return name
  }
  return path.join('::')
}

/** Markers that serde cannot write have no name in the schema, so theirs in Rust is kept where it is one. */
function argText({ type, value, rust }: Arg, rename: (id: string) => string): string {
  if (value !== undefined) return String(value)
  if (type) return formatType(renamedType(type, rename))
  const parsed = parseType(rust.text)
  return parsed.ok ? formatType(parsed.type) : '()'
}

function renamedType(type: Type, rename: (id: string) => string): Type {
  switch (type.kind) {
    case 'named':
      return { kind: 'named', name: rename(type.name) }
    case 'option':
    case 'sequence':
    case 'array':
      return { ...type, item: renamedType(type.item, rename) }
    case 'map':
      return { ...type, key: renamedType(type.key, rename), value: renamedType(type.value, rename) }
    case 'result':
      return { ...type, ok: renamedType(type.ok, rename), error: renamedType(type.error, rename) }
    case 'tuple':
      return { ...type, items: type.items.map((item) => renamedType(item, rename)) }
    default:
      return type
  }
}

function renamed(body: NamedType, rename: (id: string) => string): NamedType {
  const fields = (of: Fields): Fields => {
    if (of.kind === 'unit') return of
    if (of.kind === 'tuple') return { kind: 'tuple', items: of.items.map((item) => renamedType(item, rename)) }
    return { kind: 'fields', fields: of.fields.map(({ name, type }) => ({ name, type: renamedType(type, rename) })) }
  }
  if (body.kind === 'struct') return { ...body, fields: fields(body.fields) }
  return { ...body, variants: body.variants.map((variant) => ({ name: variant.name, fields: fields(variant.fields) })) }
}
