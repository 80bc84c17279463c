import type { Meta, RustField, RustFields, RustType, RustVariant } from '../../../rust/ast.ts'
import { derivesOf, effective, presence, Serde } from '../../../rust/attributes.ts'
import { readRustType } from '../../../rust/read-rust.ts'
import { childrenOf, formatLocation, type SourceLocation } from '../../../rust/source.ts'
import type { Answers, Fields, NamedType, Type } from '../../model.ts'
import { isPrimitive } from '../../type-text.ts'
import type { Crates } from '../crates/crates.ts'
import { describeSerializeImpl, Impls, traitName } from '../crates/impls.ts'
import type { Item, Module } from '../crates/module.ts'
import { Names } from '../crates/names.ts'
import { type ImportHint, importHints, turnOnHint } from '../hints.ts'
import { Report } from '../import-report.ts'
import { attributeMacros } from './attribute-macros.ts'
import { FieldWriting } from './field-writing.ts'
import { argsByName, type Env, type Instance, Instances } from './instances.ts'
import { allPresent, UNREADABLE } from './lowering-parts.ts'
import { TypeLowering } from './type-lowering.ts'

/** Limit that guards against a type that contains itself with ever longer type arguments. Services stay far below it. */
const MAX_INSTANCES = 1000

/** Converts Rust structs and enums to schema types, and collects problems and notes in `report`. */
export class Lowering {
  readonly report = new Report()
  readonly instances = new Instances()
  readonly names: Names
  readonly impls: Impls
  readonly #answers: Answers
  readonly #types: TypeLowering
  readonly #writing: FieldWriting
  #root: Instance | undefined

  constructor(crates: Crates, home: Module, answers: Answers) {
    this.names = new Names(crates, answers.assume)
    this.impls = new Impls(this.names)
    this.#answers = answers
    const { names, impls, instances, report } = this
    const parts = { crates, names, impls, instances, report, answers, home }
    this.#types = new TypeLowering(parts)
    this.#writing = new FieldWriting(this.#types, parts)
  }

  get usedAnswers(): ReadonlySet<string> {
    return this.#types.answers.used
  }

  /** Lowers an item, with the type arguments of the request, and every type that it contains. */
  lower(item: Item, args: readonly RustType[]): Instance {
    const root = this.#types.instanceOf(item, this.#types.bindTyped(item, args))
    this.#root = root
    const queue = [root]
    const seen = new Set<Instance>()
    for (let instance = queue.pop(); instance; instance = queue.pop()) {
      if (seen.has(instance)) continue
      seen.add(instance)
      const { item: of } = instance
      if (of && this.instances.size > MAX_INSTANCES) {
        this.report.problem(
          of.rust.location,
          of.rust.name,
          'it contains itself with ever longer type arguments',
          undefined,
        )
        break
      }
      if (of) instance.body ??= this.#body(instance, of)
      queue.push(...this.instances.reachedFrom(instance.body))
    }
    return root
  }

  /** The derives of an item, by the original names of the traits, which a `use` may rename. */
  derivesOf({ rust, module }: Item): string[] {
    return derivesOf(effective(rust.attributes, this.#answers.assume).list).map((path) => {
      const steps = path.split('::')
      const found = this.names.find(module, steps, 'type')
      const original = found?.kind === 'foreign' ? found.path : steps
      return otherSerializers.has(original[0] ?? '') ? original.join('::') : (original.at(-1) as string)
    })
  }

  #body(instance: Instance, item: Item): NamedType | undefined {
    const { rust } = item
    const at = formatLocation(rust.location)
    const full = instance.path.join('::')
    // Do not suggest to map the root, because its own definition is what the user wants to import.
    const map = instance === this.#root ? undefined : importHints.mapType(full)
    const whole = (type: Type | undefined): NamedType | undefined =>
      type && { kind: 'struct', at, fields: { kind: 'tuple', items: [type] } }
    const fail = (reason: string, fix: ImportHint | undefined): undefined =>
      this.report.problem(rust.location, rust.name, reason, fix)
    if (rust.kind === 'alias' || rust.kind === 'trait')
      return fail(`it is a ${rust.kind === 'alias' ? 'type alias' : 'trait'}, not a struct or an enum`, map)
    if (rust.kind === 'union') return fail('serde cannot serialize a union', map)
    if (rust.isBroken) return fail('crbus cannot parse this Rust code', map)
    const attributes = this.#effective(rust.attributes, rust.name)
    const derives = this.derivesOf(item)
    const isAssumed = this.#types.answers.assumed(full, rust.name) === 'derived'
    if (!isAssumed) this.#reportMacros(item, attributes, derives)
    if (derives.includes('Serialize_repr') || derives.includes('Deserialize_repr')) {
      const repr = attributes
        .find(({ path }) => path === 'repr')
        ?.items.map(({ path }) => path)
        .find(isPrimitive)
      return repr ? whole({ kind: repr } as Type) : fail('Serialize_repr needs an attribute such as #[repr(u8)]', map)
    }
    if (derives.includes('SerializeDisplay') || this.#isText(item)) return whole({ kind: 'String' })
    if (!derives.includes('Serialize') && !isAssumed) {
      const byHand = this.impls.of(item).find(({ impl }) => traitName(impl) === 'Serialize')
      if (byHand) return fail(`it has a hand-written impl of Serialize${describeSerializeImpl(byHand.impl)}`, map)
      if (!derives.includes('Deserialize')) {
        const fix = map === undefined ? importHints.assumeDerived(full) : importHints.mapOrAssumeDerived(full)
        return fail('it does not derive Serialize', fix)
      }
    }
    const none = attributes.find(({ path }) => /(^|::)skip_serializing_none$/.test(path))
    if (none)
      this.report.note(none.location, {
        code: 'may-be-omitted',
        about: rust.name,
        attribute: 'skip_serializing_none',
      })
    const env: Env = { module: item.module, generics: argsByName(item, instance.args), self: instance }
    const serde = new Serde(attributes)
    // A type that derives Serialize writes its own fields, unless `into` converts it. `from` only affects decoding.
    const isWritten = derives.includes('Serialize') || isAssumed
    const read = serde.value('from') ?? serde.value('try_from')
    const other = isWritten ? serde.value('into') : read
    if (
      isWritten &&
      read !== undefined &&
      derives.includes('Deserialize') &&
      withoutSpaces(read) !== withoutSpaces(other ?? '')
    ) {
      this.report.note(rust.location, {
        code: 'conversion-differs',
        about: rust.name,
        deserializes: read,
        serializes: other,
        own: rust.kind === 'enum' ? 'variants' : 'fields',
      })
    }
    if (other !== undefined) {
      const type = readRustType(other, rust.location)
      return type ? whole(this.#types.type(type, env)) : fail(`invalid type '${other}'`, map)
    }
    const tagged = ['untagged', 'tag', 'content', 'flatten'].find((name) => serde.has(name))
    if (tagged !== undefined && rust.kind === 'enum') {
      this.report.unsupported(rust.location, rust.name, `bincode cannot decode an enum with serde(${tagged})`)
      return whole(UNREADABLE)
    }
    if (tagged !== undefined) {
      const reason = 'serde(tag) writes a text before the fields, which bincode in Rust then decodes as the first field'
      this.report.unsupported(rust.location, rust.name, reason)
      return whole(UNREADABLE)
    }
    if (rust.kind === 'enum') return { kind: 'enum', at, variants: this.#variants(rust.variants, rust.name, env) }
    if (serde.has('transparent')) {
      const kept = rust.fields.fields.filter((field) => !this.#isSkipped(field) && !isMarker(field.type))
      const [only, ...more] = kept
      if (only && more.length === 0) return whole(this.#field(only, rust.name, env))
    }
    const fields = this.#fields(rust.fields, rust.name, env, 'struct')
    return fields && { kind: 'struct', at, fields }
  }

  /** Reports attributes that may be macros, because such a macro may change the type. */
  #reportMacros({ rust }: Item, attributes: readonly Meta[], derives: readonly string[]): void {
    if (!derives.some((name) => /^(Serialize|Deserialize)/.test(name))) return
    for (const { path, location } of attributeMacros(attributes, derives)) {
      const answer = this.#types.answers.assumed(path, path.slice(path.lastIndexOf(':') + 1))
      if (answer === 'unchanged') continue
      const reason = `#[${path}] may be a macro that changes the type, which crbus cannot expand`
      this.report.problem(location, rust.name, reason, importHints.assumeUnchanged(path))
    }
  }

  /** Whether `serde_plain::derive_serialize_from_display!(Level)` or a similar macro serializes an item as a text. */
  #isText({ rust, module }: Item): boolean {
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
      const attributes = this.#effective(variant.attributes, about)
      if (!this.#isPresent(variant.attributes, about, variant.location)) return []
      const serde = new Serde(attributes)
      const skip = ['skip', 'skip_serializing'].find((name) => serde.has(name))
      if (skip !== undefined || serde.has('untagged')) {
        // The variant keeps its number in the encoding.
        if (skip === undefined) {
          const reason = 'bincode cannot decode an enum with a serde(untagged) variant'
          this.report.unsupported(variant.location, about, reason)
        }
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
          : this.#wholeVariant(by, variant, about, env, serde.has('serialize_with'))
      return fields ? [{ name: variant.name, fields }] : []
    })
  }

  #wholeVariant(by: string, variant: RustVariant, about: string, env: Env, isFunction: boolean): Fields | undefined {
    const [only, ...more] = variant.fields.fields
    const type = this.#writing.byModule(by, only && more.length === 0 ? only.type : undefined, {
      about,
      location: variant.location,
      env,
      isFunction,
    })
    return type && { kind: 'tuple', items: [type] }
  }

  #fields({ kind, fields }: RustFields, owner: string, env: Env, of: 'struct' | 'variant'): Fields | undefined {
    if (kind === 'unit') return { kind: 'unit' }
    const present = fields.filter((field) =>
      this.#isPresent(field.attributes, aboutField(owner, field), field.location),
    )
    const kept = present.filter((field) => !this.#isSkipped(field))
    for (const field of present) this.#noteSkips(field, owner)
    const flat = kept.find((field) => this.#serdeOf(field).has('flatten'))
    if (flat) {
      const reason = `bincode cannot serialize ${owner} because of serde(flatten)`
      this.report.unsupported(flat.location, aboutField(owner, flat), reason)
      return { kind: 'tuple', items: [UNREADABLE] }
    }
    const types = kept.map((field) => this.#field(field, owner, env))
    if (!allPresent(types)) return undefined
    if (kind === 'fields') {
      return { kind: 'fields', fields: kept.map(({ name }, index) => ({ name, type: types[index] as Type })) }
    }
    if (present.length === kept.length) return { kind: 'tuple', items: types }
    // A longer tuple that keeps one field is still a tuple. Serde treats a newtype variant without its field as a unit variant.
    if (present.length === 1 && of === 'variant') return { kind: 'unit' }
    return types.length === 1
      ? { kind: 'tuple', items: [{ kind: 'tuple', items: types }] }
      : { kind: 'tuple', items: types }
  }

  #serdeOf(field: RustField): Serde {
    return new Serde(effective(field.attributes, this.#answers.assume).list)
  }

  #isSkipped(field: RustField): boolean {
    const serde = this.#serdeOf(field)
    return serde.has('skip') || serde.has('skip_serializing')
  }

  #noteSkips(field: RustField, owner: string): void {
    const serde = this.#serdeOf(field)
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

  #isPresent(attributes: readonly Meta[], about: string, location: SourceLocation): boolean {
    const state = presence(attributes, this.#answers.assume)
    if ('holds' in state) return state.holds
    this.report.problem(location, about, `whether it exists depends on ${state.ask.join(', ')}`, turnOnHint(state.ask))
    return false
  }

  #effective(attributes: readonly Meta[], about: string): readonly Meta[] {
    const { list, open } = effective(attributes, this.#answers.assume)
    for (const { keys, meta } of open) {
      this.report.problem(
        meta.location,
        about,
        `whether ${meta.text} applies depends on ${keys.join(', ')}`,
        turnOnHint(keys),
      )
    }
    return list
  }

  #field(field: RustField, owner: string, env: Env): Type | undefined {
    const about = aboutField(owner, field)
    const attributes = this.#effective(field.attributes, about)
    const as = attributes.find(({ path }) => path === 'serde_as')?.items
    const asText = as?.find(({ path }) => path === 'as' || path === 'serialize_as')?.value
    if (asText !== undefined) {
      const type = readRustType(asText, field.location)
      return type
        ? this.#writing.byConversion(type, field.type, { about, location: field.location, env })
        : this.#writing.reportUnknownAs(asText, about, field.location)
    }
    const serde = new Serde(attributes)
    const by = serde.value('with') ?? serde.value('serialize_with')
    if (by === undefined) return this.#types.type(field.type, env)
    return this.#writing.byModule(by, field.type, {
      about,
      location: field.location,
      env,
      isFunction: !serde.has('with'),
    })
  }
}

/** Crates whose derives have the names of serde's derives but another encoding. */
const otherSerializers = new Set(['rkyv', 'miniserde', 'nanoserde', 'musli', 'speedy', 'facet'])

const withoutSpaces = (text: string): string => text.replaceAll(/\s+/g, '')

const isMarker = (type: RustType): boolean => type.kind === 'path' && type.segments.at(-1)?.name === 'PhantomData'

const aboutField = (owner: string, { name }: RustField): string => `${owner}.${name}`
