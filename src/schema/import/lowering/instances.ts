import type { RustType } from '../../../rust/ast.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import { namesIn } from '../../inner-types.ts'
import { type Body, declaredBody, type Fields, type NamedType, type Type } from '../../model.ts'
import { formatType, isReserved, parseType } from '../../type-text.ts'
import type { Item, Module } from '../crates/module.ts'

/** An item with generic arguments: `Page<Order>` and `Page<User>` are two instances. Each one becomes a type of the schema. */
export interface Instance {
  /** A temporary name. The final name depends on all other names of the schema. */
  readonly id: string
  readonly path: readonly string[]
  readonly args: readonly Arg[]
  /** `undefined` for a type of a library, such as `Range<T>`, as is `item`. */
  readonly location: SourceLocation | undefined
  readonly item: Item | undefined
  /** The fields or variants. `undefined` until they are lowered, or if that failed. */
  body: NamedType | undefined
}

/** A generic argument as written, with the scope in which its names are resolved. */
export interface Arg {
  readonly rust: RustType
  readonly env: Env
  /** `undefined` for a const argument, and for a type that serde cannot serialize, such as a marker type. */
  readonly type: Type | undefined
  /** The value of a const argument. */
  readonly value: bigint | undefined
}

/** The scope in which the names of a type are resolved. */
export interface Env {
  readonly module: Module
  /** The arguments of the generic parameters in scope, by name. */
  readonly generics: ReadonlyMap<string, Arg>
  /** The instance that `Self` refers to. */
  readonly self: Instance | undefined
  /** Whether the user wrote the type, in an answer or as the root. Then the notation of schema files is allowed too. */
  readonly isAnswer?: boolean
  /** The keys of the answers that are being applied. They do not apply again inside themselves. */
  readonly answers?: readonly string[] | undefined
}

/** The instances of all items, one for each list of generic arguments. */
export class Instances {
  readonly #byKey = new Map<string, Instance>()
  readonly #byId = new Map<string, Instance>()

  get size(): number {
    return this.#byKey.size
  }

  byId(id: string): Instance | undefined {
    return this.#byId.get(id)
  }

  /** Returns the instance of an item with these arguments, creating it on first use. `origin` identifies the item. */
  of(origin: string, parts: Omit<Instance, 'id'>): Instance {
    const key = `${origin}<${parts.args.map(argKey).join(', ')}>`
    const existing = this.#byKey.get(key)
    if (existing) return existing
    // No Rust identifier begins with a digit, so an id is never a name of the source.
    const instance = { ...parts, id: `0_${this.#byKey.size}` }
    this.#byKey.set(key, instance)
    this.#byId.set(instance.id, instance)
    return instance
  }

  /** The instances that the fields or variants of a type mention. */
  referredBy(body: NamedType | undefined): Instance[] {
    if (!body) return []
    const fieldsOf = (one: Body) =>
      one.kind === 'struct' ? [one.fields] : one.variants.map((variant) => variant.fields)
    return fieldsOf(declaredBody(body))
      .flatMap(typesOf)
      .flatMap(namesIn)
      .flatMap((id) => this.#byId.get(id) ?? [])
  }

  /** All instances that a value of `root` may contain, beginning with `root`. */
  reached(root: Instance): Instance[] {
    const seen = new Set([root])
    for (const instance of seen) for (const next of this.referredBy(instance.body)) seen.add(next)
    return [...seen]
  }

  /** Gives each instance that a value of `root` may contain its final name: the shortest unambiguous path, with its arguments. */
  named(root: Instance): {
    readonly root: string
    readonly types: Map<string, NamedType>
    readonly nameOf: ReadonlyMap<Instance, string>
  } {
    const instances = this.reached(root)
    const paths = new Map(instances.map(({ path }) => [path.join('::'), path]))
    const short = new Map([...paths].map(([full, path]) => [full, shortest(path, [...paths.values()])]))
    const nameOf = new Map<Instance, string>()
    const assignName = (instance: Instance): string => {
      const existing = nameOf.get(instance)
      if (existing !== undefined) return existing
      const base = short.get(instance.path.join('::')) ?? shortest(instance.path, [...paths.values()])
      // This recursion ends, because an argument can refer to the type itself only through another named type.
      const args = instance.args.map((arg) => argText(arg, (id) => assignName(this.#byId.get(id) as Instance)))
      const taken = new Set(nameOf.values())
      const withArgs = (stem: string) => (args.length === 0 ? stem : `${stem}<${args.join(', ')}>`)
      let name = withArgs(base)
      // Instances may differ only in marker types whose names are not valid in a schema file, so number them.
      for (let count = 2; taken.has(name); count += 1) name = withArgs(`${base}_${count}`)
      nameOf.set(instance, name)
      return name
    }
    for (const instance of instances) assignName(instance)
    const types = new Map<string, NamedType>()
    const rename = (id: string) => nameOf.get(this.#byId.get(id) as Instance) ?? id
    for (const instance of instances) {
      if (instance.body) types.set(nameOf.get(instance) as string, renamed(instance.body, rename))
    }
    return { root: nameOf.get(root) as string, types, nameOf }
  }
}

const typesOf = (fields: Fields): readonly Type[] =>
  fields.kind === 'unit' ? [] : fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)

/** Identifies an argument within the key of an instance. */
const argKey = ({ type, value, rust }: Arg): string =>
  value === undefined ? (type ? formatType(type) : rust.text) : String(value)

/** The arguments of an item by the names of its generic parameters. */
export const argsByName = ({ rust }: Item, args: readonly Arg[]): Map<string, Arg> =>
  new Map(args.map((arg, index) => [rust.generics[index]?.name ?? '', arg]))

/** The shortest end of a path that is not the end of another path and has no fixed meaning in schema files. */
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

/** The text of an argument. A marker type is not in the schema, so its Rust name is used, or `()` if that is not a valid type. */
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

/** Replaces the temporary ids in a struct or an enum by names. */
function renamed(type: NamedType, rename: (id: string) => string): NamedType {
  const fields = (of: Fields): Fields => {
    if (of.kind === 'unit') return of
    if (of.kind === 'tuple') return { kind: 'tuple', items: of.items.map((item) => renamedType(item, rename)) }
    return { kind: 'fields', fields: of.fields.map((field) => ({ ...field, type: renamedType(field.type, rename) })) }
  }
  const body = <T extends Body>(of: T): T =>
    of.kind === 'struct'
      ? { ...of, fields: fields(of.fields) }
      : { ...of, variants: of.variants.map((variant) => ({ ...variant, fields: fields(variant.fields) })) }
  const { serde } = type
  return serde?.body ? { ...body(type), serde: { ...serde, body: body(serde.body) } } : body(type)
}

/** The argument that a type refers to, if it is a generic parameter in its scope. */
export const boundTo = (rust: RustType | undefined, env: Env): Arg | undefined =>
  rust?.kind === 'path' && rust.segments.length === 1 && rust.segments[0]?.args.length === 0
    ? env.generics.get(rust.segments[0].name)
    : undefined
