import type { Meta, RustField, RustFields, RustType, RustVariant } from '../../../rust/ast.ts'
import { changesBytes, effective, type OpenAttribute, presence, Serde } from '../../../rust/attributes.ts'
import { readRustType } from '../../../rust/read-rust.ts'
import { childrenOf, formatLocation, type SourceLocation } from '../../../rust/source.ts'
import type { Answers, Body, Fields, NamedType, Type } from '../../model.ts'
import { isPrimitive } from '../../type-text.ts'
import { Cfg } from '../crates/cfg.ts'
import type { Crates } from '../crates/crates.ts'
import { describeSerializeImpl, Impls } from '../crates/impls.ts'
import { macroCallNaming } from '../crates/macro-calls.ts'
import type { Item, Module } from '../crates/module.ts'
import { pathFromRoot } from '../crates/module-files.ts'
import { Names } from '../crates/names.ts'
import { type ImportHint, importHints, turnOnHint } from '../hints.ts'
import { Report } from '../import-report.ts'
import { attributeMacros, moduleMacros } from './attribute-macros.ts'
import { isSerializer, mattersForItem, namedDerives } from './derives.ts'
import { FieldEncoding } from './field-encoding.ts'
import { type Arg, argsByName, type Env, type Instance, Instances } from './instances.ts'
import { allPresent, UNREADABLE } from './lowering-parts.ts'
import { type Declared, serdeForm, withSerdeForm } from './serde-form.ts'
import { TypeLowering } from './type-lowering.ts'

/** The maximum number of types, because a type may contain itself with ever longer type arguments. Services stay far below it. */
const MAX_INSTANCES = 1000

/** Converts Rust structs and enums to schema types, and collects problems and notes in `report`. */
export class Lowering {
  readonly report = new Report()
  readonly instances = new Instances()
  readonly cfg: Cfg
  readonly names: Names
  readonly impls: Impls
  readonly #types: TypeLowering
  readonly #fieldEncoding: FieldEncoding
  #root: Instance | undefined

  constructor(crates: Crates, home: Module, answers: Answers) {
    this.cfg = new Cfg(crates, answers.assume)
    this.names = new Names(crates, this.cfg)
    this.impls = new Impls(this.names)
    const { cfg, names, impls, instances, report } = this
    const parts = { crates, cfg, names, impls, instances, report, answers, home }
    this.#types = new TypeLowering(parts)
    this.#fieldEncoding = new FieldEncoding(this.#types, parts)
  }

  /** The keys of the user's answers that were applied. */
  get usedAnswers(): ReadonlySet<string> {
    return this.#types.answers.used
  }

  /**
   * Lowers the root, with the type arguments of the request, and every type that a value of the root may contain. Reports a
   * problem and returns `undefined` if the root is an alias of another type than a struct or an enum.
   */
  lower(item: Item, args: readonly RustType[]): Instance | undefined {
    const root = this.#rootOf(item, this.#types.bindRootArgs(item, args))
    if (!root) return undefined
    this.#root = root
    const queue = [root]
    const seen = new Set<Instance>()
    for (let instance = queue.pop(); instance; instance = queue.pop()) {
      if (seen.has(instance)) continue
      seen.add(instance)
      const { item: declared } = instance
      if (declared && this.instances.size > MAX_INSTANCES) {
        this.report.problem(
          declared.rust.location,
          declared.rust.name,
          'this type contains itself with ever longer type arguments',
          undefined,
        )
        break
      }
      if (declared) instance.body ??= this.#body(instance, declared)
      queue.push(...this.instances.referredBy(instance.body))
    }
    return root
  }

  /** The instance of the root, which the request may name by an alias. */
  #rootOf(item: Item, args: readonly Arg[]): Instance | undefined {
    const { rust, module } = item
    if (rust.kind !== 'alias') return this.#types.instanceOf(item, args)
    const env: Env = { module, generics: argsByName(item, args), self: undefined }
    const type = this.report.inAlias(rust.name, rust.type.text, () => this.#types.type(rust.type, env))
    const instance = type?.kind === 'named' ? this.instances.byId(type.name) : undefined
    // After a problem, the unit type stands for the type of the alias.
    if (!instance && (this.report.problems.length === 0 || type?.kind !== 'unit')) {
      const reason = `this type is an alias of ${rust.type.text}, which is neither a struct nor an enum`
      this.report.problem(rust.location, rust.name, reason, undefined)
    }
    return instance
  }

  /**
   * The derives of an item, by the original names of the traits, which a `use` may rename. Includes those that depend on unknown
   * options of `cfg`.
   */
  derivesOf({ rust, module }: Item): string[] {
    const { list, open } = effective(rust.attributes, this.cfg.of(module.crate))
    return namedDerives([...list, ...open.map(({ meta }) => meta)], module, this.names)
  }

  /** Lowers the fields or variants of an item, as its serde attributes say. Reports why if that is not possible. */
  #body(instance: Instance, item: Item): NamedType | undefined {
    const { rust } = item
    const at = formatLocation(rust.location)
    const full = instance.path.join('::')
    // Do not suggest to map the root, because its own definition is what the user wants to import.
    const map = instance === this.#root ? undefined : importHints.mapType(full)
    // A type that is serialized as another type becomes a newtype of that type.
    const newtype = (type = this.report.placeholder): NamedType | undefined =>
      type && { kind: 'struct', at, fields: { kind: 'tuple', items: [type] } }
    const fail = (reason: string, fix: ImportHint | undefined): undefined =>
      this.report.problem(rust.location, rust.name, reason, fix)
    if (rust.kind === 'alias' || rust.kind === 'trait')
      return fail(`expected a struct or an enum, found a ${rust.kind === 'alias' ? 'type alias' : 'trait'}`, map)
    if (rust.kind === 'union') return fail('serde cannot serialize a union', map)
    if (rust.isBroken) return fail('crbus cannot parse this Rust code', map)
    const { list, open } = effective(rust.attributes, this.cfg.of(item.module.crate))
    const certain = namedDerives(list, item.module, this.names)
    const derives = this.derivesOf(item)
    const isAssumed = this.#types.answers.assumed(full, rust.name) === 'derived'
    // It is not known whether the open attributes apply. Derives of Serialize alone probably do, because the type was serialized.
    const serializers = new Set(derives.filter(isSerializer))
    this.#reportOpen(
      open.filter(({ meta }) => mattersForItem(meta, serializers, derives)),
      rust.name,
    )
    const attributes = [...list, ...open.flatMap(({ meta }) => (meta.path === 'derive' ? [meta] : []))]
    if (!isAssumed) this.#reportMacros(item, attributes, derives)
    if (
      derives.includes('Serialize_repr') ||
      (derives.includes('Deserialize_repr') && !derives.includes('Serialize'))
    ) {
      const repr = attributes
        .find(({ path }) => path === 'repr')
        ?.items.map(({ path }) => path)
        .find(isPrimitive)
      return repr ? newtype({ kind: repr } as Type) : fail('Serialize_repr needs an attribute such as #[repr(u8)]', map)
    }
    if (derives.includes('SerializeDisplay') || this.#isSerializedAsText(item)) return newtype({ kind: 'String' })
    if (!certain.includes('Serialize') && !isAssumed) {
      const byHand = this.impls.of(item).find(({ impl, module }) => this.impls.isOfSerialize(impl, module))
      if (byHand) return fail(`Serialize is implemented by hand${describeSerializeImpl(byHand.impl)}`, map)
      const fix = map === undefined ? importHints.assumeDerived(full) : importHints.mapOrAssumeDerived(full)
      if (!derives.includes('Serialize') && !derives.includes('Deserialize'))
        return fail('this type does not derive Serialize', fix)
      const macro = derives.includes('Serialize') ? undefined : macroCallNaming(rust.name, [item.module.crate])
      if (macro) {
        const place = formatLocation(macro.location)
        return fail(`this type does not derive Serialize, and ${macro.name}! (${place}) may implement it`, fix)
      }
    }
    const skipsNone = attributes.find(({ path }) => /(^|::)skip_serializing_none$/.test(path))
    if (skipsNone)
      this.report.note(skipsNone.location, {
        code: 'may-be-omitted',
        about: rust.name,
        attribute: 'skip_serializing_none',
      })
    const env: Env = { module: item.module, generics: argsByName(item, instance.args), self: instance }
    const serde = new Serde(attributes)
    // A type that derives Serialize writes its own fields, unless `into` converts it. `from` only affects decoding.
    const isSerialized = derives.includes('Serialize') || isAssumed
    const readFrom = serde.value('from') ?? serde.value('try_from')
    const conversion = isSerialized ? serde.value('into') : readFrom
    if (
      isSerialized &&
      readFrom !== undefined &&
      derives.includes('Deserialize') &&
      withoutSpaces(readFrom) !== withoutSpaces(conversion ?? '')
    ) {
      this.report.note(rust.location, {
        code: 'conversion-differs',
        about: rust.name,
        deserializes: readFrom,
        serializes: conversion,
        own: rust.kind === 'enum' ? 'variants' : 'fields',
      })
    }
    if (conversion !== undefined) {
      const type = readRustType(conversion, rust.location)
      return type ? newtype(this.#types.type(type, env)) : fail(`invalid type '${conversion}'`, map)
    }
    const tagged = ['untagged', 'tag', 'content', 'flatten'].find((name) => serde.has(name))
    if (tagged !== undefined) {
      const reason =
        rust.kind === 'enum'
          ? `bincode cannot decode an enum with serde(${tagged}), only JSON, CBOR and MessagePack can`
          : 'serde(tag) writes a text before the fields, which bincode in Rust then decodes as the first field'
      this.report.unsupported(rust.location, rust.name, reason)
    }
    if (rust.kind !== 'enum' && tagged === undefined && serde.has('transparent')) {
      const kept = rust.fields.fields.filter((field) => !this.#isSkipped(field, env) && !isMarker(field.type))
      const [only, ...more] = kept
      if (only && more.length === 0) return newtype(this.#field(only, rust.name, env))
    }
    const body = this.#declared(rust, env)
    return body && withSerdeForm({ ...body, at }, serdeForm(rust, body, serde, this.#serdeOfPart(env)))
  }

  #declared(rust: Declared, env: Env): Body | undefined {
    if (rust.kind === 'enum') return { kind: 'enum', variants: this.#variants(rust.variants, rust.name, env) }
    const fields = this.#fields(rust.fields, rust.name, env, 'struct')
    return fields && { kind: 'struct', fields }
  }

  #serdeOfPart({ module }: Env): (attributes: readonly Meta[]) => Serde | undefined {
    const cfg = this.cfg.of(module.crate)
    return (attributes) => {
      const state = presence(attributes, cfg)
      return 'holds' in state && state.holds ? new Serde(effective(attributes, cfg).list) : undefined
    }
  }

  /** Reports attributes that may be macros, because such a macro may change the type. */
  #reportMacros({ rust, module }: Item, attributes: readonly Meta[], derives: readonly string[]): void {
    if (!derives.some((name) => /^(Serialize|Deserialize)/.test(name))) return
    const isImported = (name: string) => module.uses.some(({ as }) => as === name)
    const around = pathFromRoot(module).slice(1)
    const ofModules = around.flatMap((outer) => moduleMacros(outer.attributes))
    for (const { path, location } of [...ofModules, ...attributeMacros(attributes, derives, isImported)]) {
      const answer = this.#types.answers.assumed(path, path.slice(path.lastIndexOf(':') + 1))
      if (answer === 'unchanged') continue
      const reason = `#[${path}] may be a macro that changes the type, which crbus cannot expand`
      this.report.problem(location, rust.name, reason, importHints.assumeUnchanged(path))
    }
  }

  /** Whether `serde_plain::derive_serialize_from_display!(Level)` or a similar macro serializes an item as a text. */
  #isSerializedAsText({ rust, module }: Item): boolean {
    return module.invocations.some(
      ({ name, tokens }) =>
        /derive_(serialize_from_display|deserialize_from_fromstr)$/.test(name) &&
        childrenOf(tokens.node).some((token) => tokens.source.textOf(token) === rust.name),
    )
  }

  #variants(variants: readonly RustVariant[], owner: string, env: Env): { name: string; fields: Fields }[] {
    const skipped = new Set<string>()
    return variants.flatMap((variant) => {
      const about = `${owner}::${variant.name}`
      const attributes = this.#effective(variant.attributes, about, env.module)
      if (!this.#isPresent(variant.attributes, about, variant.location, env.module)) return []
      const serde = new Serde(attributes)
      const skip = ['skip', 'skip_serializing'].find((name) => serde.has(name))
      if (serde.has('untagged')) {
        const reason = 'bincode cannot decode an enum with a serde(untagged) variant'
        this.report.unsupported(variant.location, about, reason)
      }
      if (skip !== undefined) {
        // The variant keeps its number in the encoding.
        if (skip === 'skip') skipped.add(variant.name)
        return [{ name: variant.name, fields: { kind: 'tuple', items: [UNREADABLE] } }]
      }
      if (serde.has('skip_deserializing')) skipped.add(variant.name)
      else if (skipped.size > 0) {
        this.report.note(variant.location, { code: 'variants-misnumbered', about, skippedVariants: [...skipped] })
        skipped.clear()
      }
      const by = serde.value('with') ?? serde.value('serialize_with')
      const fields =
        by === undefined
          ? this.#fields(variant.fields, about, env, 'variant')
          : this.#variantWith(by, variant, about, env, serde.has('serialize_with'))
      return fields ? [{ name: variant.name, fields }] : []
    })
  }

  /** Lowers a variant with `serde(with)` or `serde(serialize_with)`, which encodes all fields of the variant together. */
  #variantWith(by: string, variant: RustVariant, about: string, env: Env, isFunction: boolean): Fields | undefined {
    const [only, ...more] = variant.fields.fields
    const type = this.#fieldEncoding.byModule(by, only && more.length === 0 ? only.type : undefined, {
      about,
      location: variant.location,
      env,
      isFunction,
    })
    return type && { kind: 'tuple', items: [type] }
  }

  #fields({ kind, fields }: RustFields, owner: string, env: Env, of: 'struct' | 'variant'): Fields | undefined {
    if (kind === 'unit') return { kind: 'unit' }
    // A skipped field with a name is not encoded, whether it is compiled or not.
    const present = fields.filter(
      (field) =>
        (kind === 'fields' && this.#isSkipped(field, env)) ||
        this.#isPresent(field.attributes, aboutField(owner, field), field.location, env.module),
    )
    const kept = present.filter((field) => !this.#isSkipped(field, env))
    for (const field of present) this.#noteSkips(field, owner, env)
    const flat = kept.find((field) => this.#serdeOf(field, env).has('flatten'))
    if (flat) {
      const reason = `bincode cannot serialize ${owner} because of serde(flatten)`
      this.report.unsupported(flat.location, aboutField(owner, flat), reason)
    }
    const types = kept.map((field) => this.#field(field, owner, env) ?? this.report.placeholder)
    if (!allPresent(types)) return undefined
    if (kind === 'fields') {
      return { kind: 'fields', fields: kept.map(({ name }, index) => ({ name, type: types[index] as Type })) }
    }
    if (present.length === kept.length) return { kind: 'tuple', items: types }
    // Serde treats a newtype variant without its only field as a unit variant. A longer tuple of which one field is left
    // stays a tuple.
    if (present.length === 1 && of === 'variant') return { kind: 'unit' }
    return types.length === 1
      ? { kind: 'tuple', items: [{ kind: 'tuple', items: types }] }
      : { kind: 'tuple', items: types }
  }

  #serdeOf(field: RustField, { module }: Env): Serde {
    return new Serde(effective(field.attributes, this.cfg.of(module.crate)).list)
  }

  #isSkipped(field: RustField, env: Env): boolean {
    const serde = this.#serdeOf(field, env)
    return serde.has('skip') || serde.has('skip_serializing')
  }

  #noteSkips(field: RustField, owner: string, env: Env): void {
    const serde = this.#serdeOf(field, env)
    const about = aboutField(owner, field)
    if (serde.has('skip_serializing_if')) {
      this.report.note(field.location, { code: 'may-be-omitted', about, attribute: 'skip_serializing_if' })
    }
    if (serde.has('skip_serializing') && !serde.has('skip_deserializing') && !serde.has('skip')) {
      this.report.note(field.location, { code: 'not-serialized', about })
    }
    if (serde.has('skip_deserializing') && !serde.has('skip_serializing') && !serde.has('skip')) {
      this.report.note(field.location, { code: 'not-deserialized', about })
    }
  }

  /** Whether the `cfg` attributes keep a field or a variant. Reports a problem if that depends on unknown options. */
  #isPresent(attributes: readonly Meta[], about: string, location: SourceLocation, module: Module): boolean {
    const state = presence(attributes, this.cfg.of(module.crate))
    if ('holds' in state) return state.holds
    this.report.problem(
      location,
      about,
      `whether this declaration is compiled depends on ${state.ask.join(', ')}`,
      turnOnHint(state.ask),
    )
    return false
  }

  /** The attributes that apply. Reports a problem for each `cfg_attr` that depends on unknown options. */
  #effective(attributes: readonly Meta[], about: string, module: Module): readonly Meta[] {
    const { list, open } = effective(attributes, this.cfg.of(module.crate))
    this.#reportOpen(
      open.filter(({ meta }) => (meta.path === 'serde' ? changesBytes(meta) : /(^|::)serde_as$/.test(meta.path))),
      about,
    )
    return list
  }

  #reportOpen(open: readonly OpenAttribute[], about: string): void {
    for (const { keys, meta } of open) {
      this.report.problem(
        meta.location,
        about,
        `whether ${meta.text} applies depends on ${keys.join(', ')}`,
        turnOnHint(keys),
      )
    }
  }

  #field(field: RustField, owner: string, env: Env): Type | undefined {
    const about = aboutField(owner, field)
    const attributes = this.#effective(field.attributes, about, env.module)
    const as = attributes.find(({ path }) => path === 'serde_as')?.items
    const asText = as?.find(({ path }) => path === 'as' || path === 'serialize_as')?.value
    if (asText !== undefined) {
      const type = readRustType(asText, field.location)
      return type
        ? this.#fieldEncoding.byConversion(type, field.type, { about, location: field.location, env })
        : this.#fieldEncoding.reportUnknownAs(asText, about, field.location)
    }
    const serde = new Serde(attributes)
    const by = serde.value('with') ?? serde.value('serialize_with')
    if (by === undefined) return this.#types.type(field.type, env)
    return this.#fieldEncoding.byModule(by, field.type, {
      about,
      location: field.location,
      env,
      isFunction: !serde.has('with'),
    })
  }
}

const withoutSpaces = (text: string): string => text.replaceAll(/\s+/g, '')

const isMarker = (type: RustType): boolean => type.kind === 'path' && type.segments.at(-1)?.name === 'PhantomData'

const aboutField = (owner: string, { name }: RustField): string => `${owner}.${name}`
