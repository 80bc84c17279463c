import type { Expression, RustImpl } from '../../../rust/ast.ts'
import type { Crate, Item, Module } from './module.ts'
import type { Names } from './names.ts'

/** An impl block, and the module in which its names are resolved. */
interface ImplIn {
  readonly impl: RustImpl
  readonly module: Module
}

/** Finds the impl blocks of a type in any module of its crate. */
export class Impls {
  readonly #names: Names
  readonly #byCrate = new Map<Crate, Map<Item['rust'], ImplIn[]>>()

  constructor(names: Names) {
    this.#names = names
  }

  /**
   * The impl blocks of an item in its crate. Rust's orphan rule forbids the relevant ones, such as of `Serialize`, in other
   * crates.
   */
  of(item: Item): readonly ImplIn[] {
    const { crate } = item.module
    let impls = this.#byCrate.get(crate)
    if (!impls) {
      impls = new Map()
      this.#collect(crate.root, impls)
      this.#byCrate.set(crate, impls)
    }
    return impls.get(item.rust) ?? []
  }

  #collect(module: Module, impls: Map<Item['rust'], ImplIn[]>): void {
    for (const impl of module.impls) {
      if (impl.self.kind !== 'path') continue
      const path = impl.self.segments.map(({ name }) => name)
      const found = this.#names.find(module, path, 'type', impl.self.isGlobal)
      for (const { rust } of found?.kind === 'items' ? found.items : []) {
        const same = impls.get(rust)
        if (same) same.push({ impl, module })
        else impls.set(rust, [{ impl, module }])
      }
    }
    for (const child of module.modules) this.#collect(child, impls)
  }
}

/** The name of the trait that an impl block implements, without its path. `undefined` for a block without a trait. */
export const traitName = ({ trait }: RustImpl): string | undefined =>
  trait?.kind === 'path' ? trait.segments.at(-1)?.name : undefined

/** Describes the encoding of a hand-written impl of `Serialize` by the serializer functions that `serialize` calls. */
export const describeSerializeImpl = ({ functions }: RustImpl): string =>
  describeSerializerCalls(functions.find(({ name }) => name === 'serialize')?.body)

/** Returns the serializer functions that a function calls, as ` (calls serialize_i64)` for a message. Empty if there are none. */
export function describeSerializerCalls(body: Expression | undefined): string {
  if (!body) return ''
  const calls = new Set<string>()
  body.node.cursor().iterate((node) => {
    const name =
      node.name === 'FieldIdentifier' || node.name === 'Identifier' ? body.source.text.slice(node.from, node.to) : ''
    if (/^serialize_[a-z0-9_]+$/.test(name) || name === 'collect_str') calls.add(name)
    // `self.0.serialize(…)` delegates to another type, so the receiver matters.
    const call = name === 'serialize' && node.node.parent?.name === 'FieldExpression' ? node.node.parent : undefined
    if (call) calls.add(body.source.textOf(call).replaceAll(/\s+/g, ''))
  })
  return calls.size === 0 ? '' : ` (calls ${[...calls].join(', ')})`
}
