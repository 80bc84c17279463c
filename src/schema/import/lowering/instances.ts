import type { RustType } from '../../../rust/ast.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import { namesIn } from '../../inner-types.ts'
import type { Fields, NamedType, Type } from '../../model.ts'
import { formatType, isReserved, parseType } from '../../type-text.ts'
import type { Item, Module } from '../crates/module.ts'

/** An item with its generic arguments, which becomes one type of the schema. */
export interface Instance {
  /** A temporary name. The final name depends on all other names of the schema. */
  readonly id: string
  readonly path: readonly string[]
  readonly args: readonly Arg[]
  readonly location: SourceLocation | undefined
  readonly item: Item | undefined
  body: NamedType | undefined
}

/** A generic argument as written, with the scope in which its names are resolved. */
export interface Arg {
  readonly rust: RustType
  readonly env: Env
  /** `undefined` for a type that serde cannot serialize, such as a marker. */
  readonly type: Type | undefined
  /** The value of a const argument. */
  readonly value: bigint | undefined
}

/** The scope in which the names of a type are resolved. */
export interface Env {
  readonly module: Module
  readonly generics: ReadonlyMap<string, Arg>
  readonly self: Instance | undefined
  /** The type is from the command line, where the notation of schema files is allowed too. */
  readonly isAnswer?: boolean
  /** The keys of the answers that contain the type. */
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

  /** The instance of an origin and its arguments, which is created on first use. */
  of(origin: string, of: Omit<Instance, 'id'>): Instance {
    const key = `${origin}<${of.args.map(argKey).join(', ')}>`
    const existing = this.#byKey.get(key)
    if (existing) return existing
    // No Rust identifier begins with a digit, so an id is never a name of the source.
    const instance = { ...of, id: `0_${this.#byKey.size}` }
    this.#byKey.set(key, instance)
    this.#byId.set(instance.id, instance)
    return instance
  }

  /** The instances that a type refers to directly. */
  reachedFrom(body: NamedType | undefined): Instance[] {
    if (!body) return []
    const fields = body.kind === 'struct' ? [body.fields] : body.variants.map((variant) => variant.fields)
    return fields
      .flatMap(typesOf)
      .flatMap(namesIn)
      .flatMap((id) => this.#byId.get(id) ?? [])
  }

  /** All instances that a value of `root` may contain, beginning with `root`. */
  reached(root: Instance): Instance[] {
    const seen = new Set([root])
    for (const instance of seen) for (const next of this.reachedFrom(instance.body)) seen.add(next)
    return [...seen]
  }

  /** Gives each instance that `root` reaches its final name: the shortest unambiguous path, with its arguments. */
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
      const existing = nameOf.get(instance)
      if (existing !== undefined) return existing
      const base = short.get(instance.path.join('::')) ?? shortest(instance.path, [...paths.values()])
      // This recursion ends, because an argument can refer to the type itself only through another named type.
      const args = instance.args.map((arg) => argText(arg, (id) => text(this.#byId.get(id) as Instance)))
      const taken = new Set(nameOf.values())
      const withArgs = (stem: string) => (args.length === 0 ? stem : `${stem}<${args.join(', ')}>`)
      let name = withArgs(base)
      // Types may differ only in marker types without a name, so number them.
      for (let count = 2; taken.has(name); count += 1) name = withArgs(`${base}_${count}`)
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
}

const typesOf = (fields: Fields): readonly Type[] =>
  fields.kind === 'unit' ? [] : fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)

const argKey = ({ type, value, rust }: Arg): string =>
  value === undefined ? (type ? formatType(type) : rust.text) : String(value)

export const argsByName = ({ rust }: Item, args: readonly Arg[]): Map<string, Arg> =>
  new Map(args.map((arg, index) => [rust.generics[index]?.name ?? '', arg]))

/** The shortest suffix of a path that no other path shares. */
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

/** The text of an argument. A marker type is not in the schema, so it keeps its name in Rust, if that is a valid type. */
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

/** The argument that a type refers to, if it is a generic parameter in its scope. */
export const boundTo = (rust: RustType | undefined, env: Env): Arg | undefined =>
  rust?.kind === 'path' && rust.segments.length === 1 && rust.segments[0]?.args.length === 0
    ? env.generics.get(rust.segments[0].name)
    : undefined
