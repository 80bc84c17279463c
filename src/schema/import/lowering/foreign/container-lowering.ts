import type { RustType } from '../../../../rust/ast.ts'
import { effective } from '../../../../rust/attributes.ts'
import { readRustType } from '../../../../rust/read-rust.ts'
import type { Container, LibraryTypeText } from '../../../library-containers.ts'
import type { NamedType, Type } from '../../../model.ts'
import { isPrimitive } from '../../../type-text.ts'
import { importHints } from '../../hints.ts'
import type { Env, Instance } from '../instances.ts'
import { allPresent, type LoweringParts, type TypeLowerer } from '../lowering-parts.ts'
import { foreignType, preludePath } from './foreign-types.ts'

/** A container as the source mentions it. */
interface Mention {
  /** The path by which the table knows the container. */
  readonly full: string
  readonly rust: RustType
  readonly args: readonly RustType[]
  readonly env: Env
  readonly depth: number
}

/** Returns a type argument by its index. Reports a problem and returns `undefined` if that is not possible. */
type Argument = (index: number) => Type | undefined

/** Lowers the containers and smart pointers of libraries, whose encodings the table of containers describes. */
export class ContainerLowering {
  readonly #parts: LoweringParts
  readonly #lowerer: TypeLowerer
  /** The structs and enums whose contents are being lowered, because they may contain themselves. */
  readonly #pending = new Set<Instance>()

  constructor(parts: LoweringParts, lowerer: TypeLowerer) {
    this.#parts = parts
    this.#lowerer = lowerer
  }

  /** Converts a container with the type arguments of the source. Adds a note if Rust cannot decode the container. */
  type(container: Container, mention: Mention): Type | undefined {
    const { full, rust, args, env, depth } = mention
    const { becomes, defaults = [], unreadable } = container
    if (unreadable !== undefined) this.#parts.report.undecodable(rust, unreadable)
    const argument: Argument = (index) => {
      const arg = args[index]
      if (arg) return this.#lowerer.type(arg, env, depth + 1)
      const fallback = defaults[index]
      if (fallback !== undefined) return this.#written(fallback, mention, () => undefined)
      return this.#fail(rust, `${full} is missing a type argument`, full)
    }
    if (becomes.kind === 'generic array') return this.#genericArray(mention, argument)
    if (becomes.kind === 'repr of argument') return this.#reprOf(mention)
    if (becomes.kind === 'sequence of array') {
      const inner = argument(0)
      const item = inner?.kind === 'array' && args.length === 1 ? inner.item : inner
      return item && { kind: 'sequence', name: becomes.name, item }
    }
    return this.#container(container, mention, argument)
  }

  #container({ becomes }: Container, mention: Mention, argument: Argument): Type | undefined {
    switch (becomes.kind) {
      case 'unit':
      case 'String':
      case 'bytes':
        return { kind: becomes.kind }
      case 'argument':
        return argument(0)
      case 'type':
        return this.#written(becomes.type, mention, argument)
      case 'option': {
        const item = argument(0)
        return item && { kind: 'option', item }
      }
      case 'sequence': {
        const item = argument(0)
        return item && { kind: 'sequence', name: becomes.name, item }
      }
      case 'map': {
        const [key, value] = [argument(0), argument(1)]
        return key && value && { kind: 'map', name: becomes.name, key, value }
      }
      case 'result': {
        const [ok, error] = [argument(0), argument(1)]
        return ok && error && { kind: 'result', ok, error }
      }
      case 'struct':
        return this.#named(mention, Object.values(becomes.fields), argument, (typeOf) => {
          const fields = Object.entries(becomes.fields).map(([name, text]) => ({ name, type: typeOf(text) }))
          return { kind: 'struct', at: mention.full, fields: { kind: 'fields', fields } }
        })
      case 'enum': {
        const texts = becomes.variants.flatMap(({ type }) => type ?? [])
        return this.#named(mention, texts, argument, (typeOf) => ({
          kind: 'enum',
          at: mention.full,
          variants: becomes.variants.map(({ name, type }) => ({
            name,
            fields: type === undefined ? { kind: 'unit' } : { kind: 'tuple', items: [typeOf(type)] },
          })),
        }))
      }
      default:
        return undefined
    }
  }

  /** Adds a struct or an enum of a library to the schema, once for each list of the type arguments that `texts` refer to. */
  #named(
    mention: Mention,
    texts: readonly LibraryTypeText[],
    argument: Argument,
    build: (typeOf: (text: LibraryTypeText) => Type) => NamedType,
  ): Type | undefined {
    const { full, rust, env } = mention
    const count = texts.some((text) => /\bU\b/.test(text)) ? 2 : texts.some((text) => /\bT\b/.test(text)) ? 1 : 0
    const args = Array.from({ length: count }, (_, index) => argument(index))
    if (!allPresent(args)) return undefined
    const bound = args.map((type) => ({ rust, env, type, value: undefined }))
    const of = { path: full.split('::'), args: bound, location: undefined, item: undefined, body: undefined }
    const instance = this.#parts.instances.of(full, of)
    const named: Type = { kind: 'named', name: instance.id }
    if (instance.body || this.#pending.has(instance)) return named
    this.#pending.add(instance)
    const types = texts.map((text) => this.#written(text, mention, (index) => args[index]))
    this.#pending.delete(instance)
    if (!allPresent(types)) return undefined
    instance.body = build((text) => types[texts.indexOf(text)] as Type)
    return named
  }

  /** Converts a type of the table of containers, whose type arguments are those of a container. */
  #written(text: LibraryTypeText, mention: Mention, argument: Argument): Type | undefined {
    const template = readRustType(text, mention.rust.location)
    return template && this.#template(template, mention, argument)
  }

  #template(template: RustType, mention: Mention, argument: Argument): Type | undefined {
    if (template.kind === 'tuple') {
      const items = template.items.map((item) => this.#template(item, mention, argument))
      if (!allPresent(items)) return undefined
      return items.length === 0 ? { kind: 'unit' } : { kind: 'tuple', items }
    }
    if (template.kind !== 'path') return undefined
    const path = template.segments.map(({ name }) => name)
    const args = template.segments.at(-1)?.args ?? []
    const [name = ''] = path
    if (path.length === 1 && name === 'T') return argument(0)
    if (path.length === 1 && name === 'U') return argument(1)
    if (path.length === 1 && isPrimitive(name)) return { kind: name }
    const full = (path.length === 1 ? (preludePath(name) ?? path) : path).join('::')
    const found = foreignType(full)
    if (found?.kind === 'known') return { kind: 'known', name: found.type.name }
    const inner: Argument = (index) => args[index] && this.#template(args[index], mention, argument)
    return found && this.#container(found.container, { ...mention, full }, inner)
  }

  /** Converts `GenericArray<T, U32>`, whose length is the name of a type of the crate `typenum`. */
  #genericArray({ full, rust, args, env }: Mention, argument: Argument): Type | undefined {
    const length = args[1]
    const path = length?.kind === 'path' ? length.segments.map(({ name }) => name) : []
    const found = path.length > 0 ? this.#parts.names.find(env.module, path) : undefined
    const number = found?.kind === 'foreign' ? /\btypenum::(?:consts::)?U(\d{1,9})$/.exec(found.path.join('::')) : null
    if (!number) return this.#fail(rust, 'the length is not the name of a number of typenum, such as U32', full)
    const item = argument(0)
    return item && { kind: 'array', item, length: Number(number[1]) }
  }

  /** Converts `BitFlags<T>` to the integer of the `repr` of `T`, an enum of the service. */
  #reprOf({ full, rust, args: [arg], env }: Mention): Type | undefined {
    const path = arg?.kind === 'path' ? arg.segments.map(({ name }) => name) : []
    const found = path.length > 0 ? this.#parts.names.find(env.module, path) : undefined
    const [item, ...others] = found?.kind === 'items' ? found.items : []
    const attributes = item && effective(item.rust.attributes, this.#parts.cfg.of(item.module.crate))
    const repr = attributes?.list.filter((meta) => meta.path === 'repr').flatMap(({ items }) => items)
    const [kind = '', ...more] = repr?.map((meta) => meta.path) ?? []
    if (isPrimitive(kind) && /^u(8|16|32|64|128)$/.test(kind) && more.length + others.length === 0)
      if (attributes?.open.every(({ meta }) => meta.path !== 'repr')) return { kind }
    return this.#fail(rust, 'the argument is not an enum of the service with a repr such as #[repr(u8)]', full)
  }

  #fail(rust: RustType, reason: string, full: string): undefined {
    return this.#parts.report.problem(rust.location, rust.text, reason, importHints.mapType(full))
  }
}
