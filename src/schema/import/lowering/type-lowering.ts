import type { Expression, Generic, RustInvocation, RustType } from '../../../rust/ast.ts'
import { presence } from '../../../rust/attributes.ts'
import { constValue } from '../../../rust/const-value.ts'
import { readRustType } from '../../../rust/read-rust.ts'
import { comparableText } from '../../../rust/rust-text.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import type { Container } from '../../known-types.ts'
import type { Answers, NamedType, Type } from '../../model.ts'
import { formatType, isPrimitive, parseType } from '../../type-text.ts'
import type { Crates } from '../crates/crates.ts'
import { type Impls, macroNaming } from '../crates/impls.ts'
import { type Item, itemsOf, type Module, modulePath } from '../crates/module.ts'
import type { Found, Names } from '../crates/names.ts'
import { assumeFix, mapFix, type Report } from '../import-report.ts'
import { AssociatedTypes } from './associated-types.ts'
import { canonicalPath, foreignType } from './foreign-types.ts'
import { type Arg, argsByName, boundTo, type Env, type Instance, type Instances } from './instances.ts'

/** What a lowering is made of: where things are, what was answered, and who hears about the rest. */
export interface LoweringParts {
  readonly crates: Crates
  readonly names: Names
  readonly impls: Impls
  readonly instances: Instances
  readonly report: Report
  readonly answers: Answers
  /** Where names on the command line are looked up. */
  readonly home: Module
}

/** Deeper than types are nested; an alias that names itself ends here. */
const MAX_DEPTH = 100

const UNREADABLE: Type = { kind: 'known', name: 'unreadable' }

/** From a type as it is written in Rust to one of the schema. */
export class TypeLowering {
  readonly usedAnswers = new Set<string>()
  readonly #crates: Crates
  readonly #names: Names
  readonly #impls: Impls
  readonly #instances: Instances
  readonly #report: Report
  readonly #answers: Answers
  readonly #home: Module
  readonly #associatedTypes: AssociatedTypes

  constructor({ crates, names, impls, instances, report, answers, home }: LoweringParts) {
    this.#crates = crates
    this.#names = names
    this.#impls = impls
    this.#instances = instances
    this.#report = report
    this.#answers = answers
    this.#home = home
    this.#associatedTypes = new AssociatedTypes(names, impls, (item, args, env) => this.bind(item, args, env))
  }

  type(rust: RustType, env: Env, depth = 0): Type | undefined {
    if (depth > MAX_DEPTH) return this.#report.problem(rust.location, rust.text, 'it is defined by itself', undefined)
    switch (rust.kind) {
      case 'tuple': {
        const items = rust.items.map((item) => this.type(item, env, depth + 1))
        if (!allThere(items)) return undefined
        return items.length === 0 ? { kind: 'unit' } : { kind: 'tuple', items }
      }
      case 'array': {
        const item = this.type(rust.item, env, depth + 1)
        const length = this.length(rust.length, env, rust)
        return item && length !== undefined ? { kind: 'array', item, length } : undefined
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
        return this.#report.problem(rust.location, rust.text, 'a value stands where a type belongs', undefined)
      case 'associated':
        return this.#associated(rust, [], env, depth)
      case 'other': {
        const answer = this.#override([rust.text], [], rust, env, depth)
        return answer
          ? answer.type
          : this.#report.problem(rust.location, rust.text, `it is ${rust.what}`, mapFix(rust.text))
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
    if (isAssociated) return this.#associated(rust, args, env, depth)
    const found = this.#names.find(env.module, path, 'type', rust.isGlobal)
    if (found?.kind === 'items') return this.#items(found.items, rust, args, env, depth)
    if (found?.kind === 'foreign') return this.#foreign(found.path, rust, args, env, depth)
    if (found?.kind === 'open') {
      const which = `it is one of several: ${found.found.map(placeOf).join(' or ')}`
      return this.#report.problem(rust.location, rust.text, which, assumeFix(found.ask))
    }
    const answer = this.#override([written], args, rust, env, depth)
    if (answer) return answer.type
    const loose = this.#onlyLoose(env.module, path.at(-1) ?? '')
    if (loose) {
      this.#report.note(
        rust.location,
        `${written} is taken for the ${loose.rust.name} of ${loose.rust.location.file}:${loose.rust.location.line}`,
      )
      return this.#items([loose], rust, args, env, depth)
    }
    if (env.isAnswer) {
      const short = parseType(rust.text)
      if (short.ok && namesIn(short.type).length === 0) return short.type
    }
    return this.#unknown(written, rust, env)
  }

  #associated(rust: RustType, args: readonly RustType[], env: Env, depth: number): Type | undefined {
    const answer = this.#override([rust.text], args, rust, env, depth)
    if (answer) return answer.type
    const found = this.#associatedTypes.find(rust, env)
    if (found) return this.type(found.rust, found.env, depth + 1)
    const reason = 'it is an associated type, which is settled elsewhere'
    return this.#report.problem(rust.location, rust.text, reason, mapFix(rust.text))
  }

  /** Of files without a crate around them, paths may not fit; a name that only one of them has still may be meant. */
  #onlyLoose(module: Module, name: string): Item | undefined {
    if (module.crate.root.file !== '') return undefined
    const [only, ...more] = itemsOf(module.crate.root).filter(({ rust }) => rust.name === name)
    return more.length === 0 ? only : undefined
  }

  #unknown(written: string, rust: RustType, env: Env): undefined {
    const name = written.slice(written.lastIndexOf(':') + 1)
    // `use crate::bindings::Exchange::Traded`, of which a macro may make the whole Exchange.
    const used = env.module.uses.find(({ as }) => as === name)?.path ?? written.split('::')
    const macro = used.flatMap((step) => (/^[A-Z]/.test(step) ? (this.#macroNaming(step) ?? []) : [])).at(-1)
    const included = this.#includedIn(env.module, written.split('::').slice(0, -1))
    const globs = this.#names.foreignGlobs(env.module).filter((glob) => !glob.startsWith('std::'))
    const reason = macro
      ? `it seems to be made by ${macro.name}! (${macro.location.file}:${macro.location.line}), which is not expanded here`
      : included
        ? `no ${written} is in scope, unless ${included.name}! (${included.location.file}:${included.location.line}) brings it: what a build makes is not seen here`
        : globs.length > 0 && !written.includes('::')
          ? `no ${name} is in scope, unless ${globs.map((glob) => `${glob}::*`).join(' or ')} brings it`
          : `no ${written} is in scope`
    return this.#report.problem(rust.location, rust.text, reason, mapFix(written))
  }

  /** `include!(concat!(env!("OUT_DIR"), "/orders.rs"))`, or another of its kind, in the module a path leads to. */
  #includedIn(from: Module, path: readonly string[]): RustInvocation | undefined {
    const found = this.#names.find(from, path)
    return found?.kind === 'module'
      ? found.module.invocations.find(({ name }) => /(^|::)include(_\w+)?$/.test(name))
      : undefined
  }

  #macroNaming(name: string): { name: string; location: SourceLocation } | undefined {
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
    const answer = this.#override([full], args, rust, env, depth)
    if (answer) return answer.type
    const item = this.#present(items, rust)
    if (!item) return undefined
    const bound = this.bind(item, args, env, depth)
    if (item.rust.kind === 'alias') {
      const generics = argsByName(item, bound)
      return this.type(
        item.rust.type,
        { module: item.module, generics, self: undefined, answers: env.answers },
        depth + 1,
      )
    }
    return { kind: 'named', name: this.instanceOf(item, bound).id }
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
    if (!only) return this.#report.problem(rust.location, rust.text, 'its cfg excludes it', undefined)
    if (more.length === 0) return only
    const places = open.map(({ rust: { location } }) => `${location.file}:${location.line}`).join(' and ')
    return this.#report.problem(rust.location, rust.text, `it is defined more than once: ${places}`, assumeFix(asked))
  }

  #foreign(
    path: readonly string[],
    rust: RustType,
    args: readonly RustType[],
    env: Env,
    depth: number,
  ): Type | undefined {
    const full = canonicalPath(path)
    const answer = this.#override([path.join('::'), full], args, rust, env, depth)
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
      macro && path.length === 1 ? `; ${macro.name}! (${macro.location.file}:${macro.location.line}) may make it` : ''
    return this.#report.problem(rust.location, rust.text, where + made, mapFix(path.join('::')))
  }

  #known(name: string, unreadable: string | undefined, rust: RustType, env: Env): Type {
    if (name === 'Decimal') {
      const features = this.#crates.packages.featuresOf(env.module.crate, 'rust_decimal')
      if (features.includes('serde-arbitrary-precision')) {
        this.#report.note(
          rust.location,
          `${rust.text}: with rust_decimal's feature serde-arbitrary-precision bincode cannot tell its bytes`,
        )
        return UNREADABLE
      }
      if (features.includes('serde-float')) return { kind: 'known', name: 'f64 as decimal' }
      if (features.includes('serde-str') || features.includes('serde-bincode')) return { kind: 'known', name }
    }
    if (unreadable !== undefined)
      this.#report.note(rust.location, `${rust.text}: Rust cannot read it back from bincode: ${unreadable}`)
    return { kind: 'known', name }
  }

  #dateTime(rust: RustType, arg: RustType | undefined, env: Env): Type | undefined {
    let [zone, at] = [arg, env]
    for (let bound = zone && boundTo(zone, at); bound; bound = boundTo(zone, at)) [zone, at] = [bound.rust, bound.env]
    const path = zone?.kind === 'path' ? zone.segments.map(({ name }) => name) : []
    const found = path.length === 0 ? undefined : this.#names.find(at.module, path)
    const full = found?.kind === 'foreign' ? canonicalPath(found.path) : ''
    const name = /^chrono::(Utc|FixedOffset|Local)$|^chrono_tz::(Tz)$/.exec(full)
    if (name) {
      const known = `DateTime<${name[1] ?? name[2]}>`
      return this.#known(known, name[2] ? 'chrono reads no DateTime<Tz>' : undefined, rust, env)
    }
    return this.#report.problem(
      rust.location,
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
      return this.#report.problem(rust.location, rust.text, `${full} is missing an argument`, mapFix(full))
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
    const of = { path: full.split('::'), args: bound, location: undefined, item: undefined, body }
    return { kind: 'named', name: this.#instances.of(full, of).id }
  }

  instanceOf(item: Item, args: readonly Arg[]): Instance {
    const { location, name } = item.rust
    const path = [...modulePath(item.module), name]
    const origin = `${location.file}:${location.line} ${path.join('::')}`
    return this.#instances.of(origin, { path, args, location, item, body: undefined })
  }

  bind(item: Item, args: readonly RustType[], env: Env, depth = 0): Arg[] {
    const bound: Arg[] = []
    // A default may use the arguments before it.
    const before = new Map<string, Arg>()
    for (const [index, generic] of item.rust.generics.entries()) {
      const given = args[index]
      const inItem: Env = { module: item.module, generics: before, self: undefined, answers: env.answers }
      const arg = given
        ? this.#arg(given, env, generic.kind, depth)
        : generic.fallback && this.#arg(generic.fallback, inItem, generic.kind, depth)
      if (!arg) break
      bound.push(arg)
      before.set(generic.name, arg)
    }
    return bound
  }

  /** The same with arguments from the command line. */
  typed(item: Item, args: readonly RustType[]): Arg[] {
    const env: Env = { module: this.#home, generics: new Map(), self: undefined, isAnswer: true }
    // A slip of the pen would show only where the argument is used.
    for (const [index, arg] of args.entries()) if (item.rust.generics[index]?.kind === 'type') this.type(arg, env)
    return this.bind(item, args, env)
  }

  #arg(rust: RustType, env: Env, kind: Generic['kind'], depth = 0): Arg {
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
    const type = this.#report.quietly(() => (rust.kind === 'value' ? undefined : this.type(rust, env, depth + 1)))
    return { rust, env, type, value: undefined }
  }

  /** `undefined`: it is not known, which is told; `about` is what has that length. */
  length(expression: Expression, env: Env, about: RustType): number | undefined {
    const written = expression.source.textOf(expression.node)
    const answer = this.answer(written)?.replaceAll('_', '').trim()
    const fix = `--assume '${written}=…'`
    if (answer !== undefined && !/^\d+$/.test(answer)) {
      return this.#report.problem(
        about.location,
        about.text,
        `its length, ${written}: ${answer} is no whole number`,
        fix,
      )
    }
    const value = answer === undefined ? constValue(expression, (path) => this.#constant(path, env)) : BigInt(answer)
    if (value !== undefined && value >= 0n && value <= 0xffff_ffffn) return Number(value)
    const reason =
      value === undefined
        ? `its length, ${written}, is not a number that can be worked out here`
        : `its length, ${written}, is ${value}, which no array has`
    return this.#report.problem(about.location, about.text, reason, fix)
  }

  #constant(path: readonly string[], env: Env): bigint | undefined {
    const [first = '', second] = path
    if (path.length === 1) {
      const bound = env.generics.get(first)
      if (bound) return bound.value
    }
    const found = this.#names.find(env.module, path, 'value')
    if (found?.kind === 'const' && found.value.value) {
      const inner: Env = { module: found.module, generics: new Map(), self: undefined }
      return constValue(found.value.value, (name) => this.#constant(name, inner))
    }
    // `Self::LEN`, or `Key::LEN`.
    const owner =
      path.length === 2 ? (first === 'Self' ? env.self?.item : this.#itemNamed(env.module, first)) : undefined
    for (const { impl, module } of owner ? this.#impls.of(owner) : []) {
      const value = impl.consts.find(({ name }) => name === second)?.value
      if (value) return constValue(value, (name) => this.#constant(name, { ...env, module }))
    }
    return undefined
  }

  #itemNamed(module: Module, name: string): Item | undefined {
    const found = this.#names.find(module, [name])
    return found?.kind === 'items' ? found.items[0] : undefined
  }

  /** `undefined`: nobody answered; a type that is `undefined`: the answer was no type. */
  #override(
    paths: readonly string[],
    args: readonly RustType[],
    rust: RustType,
    env: Env,
    depth: number,
  ): { type: Type | undefined } | undefined {
    const text = comparableText(rust.text)
    for (const [key, answer] of this.#answers.map) {
      const [, name = key, params = ''] = /^(.*?)(?:<([\w\s,]*)>)?$/.exec(key.trim()) ?? []
      const [plainKey, plainName] = [comparableText(key), comparableText(name)]
      const isMeant = paths
        .map(comparableText)
        .some((path) => path === plainName || path === plainKey || path.endsWith(`::${plainName}`))
      if (!isMeant && plainKey !== text) continue
      // Inside its own answer, a type is what the source says it is.
      if (env.answers?.includes(key)) continue
      this.usedAnswers.add(key)
      const generics = new Map<string, Arg>()
      const names = params.split(',').map((param) => param.trim())
      for (const [index, param] of names.entries()) {
        const arg = args[index]
        if (param !== '' && arg) generics.set(param, this.#arg(arg, env, 'type', depth))
      }
      const inAnswer: Env = {
        ...{ module: this.#home, generics, self: undefined, isAnswer: true },
        answers: [...(env.answers ?? []), key],
      }
      return { type: this.#fromText(answer, inAnswer, rust.location, depth + 1) }
    }
    return undefined
  }

  answer(...keys: readonly string[]): string | undefined {
    for (const key of keys.map(comparableText)) {
      for (const [given, answer] of this.#answers.assume) {
        if (comparableText(given) !== key) continue
        this.usedAnswers.add(given)
        return answer
      }
    }
    return undefined
  }

  /** A type as on the command line: in the notation of a schema file, or in Rust as the crate's root would read it. */
  answered(text: string, generics: Env['generics'], location: SourceLocation): Type | undefined {
    return this.#fromText(text, { module: this.#home, generics, self: undefined, isAnswer: true }, location, 0)
  }

  #fromText(text: string, env: Env, location: SourceLocation, depth: number): Type | undefined {
    const parsed = parseType(text)
    if (!parsed.ok) {
      const rust = readRustType(text, location)
      return rust
        ? this.type(rust, env, depth + 1)
        : this.#report.problem(location, text, `it is no type: ${parsed.reason}`, undefined)
    }
    const settle = (type: Type): Type | undefined => {
      switch (type.kind) {
        case 'named': {
          const rust = readRustType(type.name, location)
          return rust && this.type(rust, env, depth + 1)
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
}

function placeOf(found: Found): string {
  if (found.kind === 'foreign') return found.path.join('::')
  if (found.kind === 'module') return found.module.file
  const location = found.kind === 'items' ? found.items[0]?.rust.location : undefined
  return location ? `${location.file}:${location.line}` : 'a value'
}

export const allThere = <T>(items: readonly (T | undefined)[]): items is readonly T[] => !items.includes(undefined)
