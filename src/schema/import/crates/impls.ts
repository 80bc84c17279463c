import type { Expression, RustImpl } from '../../../rust/ast.ts'
import type { Crate, Item, Module } from './module.ts'
import type { Names } from './names.ts'

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

  /** The impl blocks in the crate of an item. The relevant traits cannot be implemented in other crates. */
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

/** The last segment of the trait that a block implements. */
export const traitName = ({ trait }: RustImpl): string | undefined =>
  trait?.kind === 'path' ? trait.segments.at(-1)?.name : undefined

/** A hint at the encoding of a hand-written `serialize`: the serializer functions that it calls. */
export const hintOf = ({ functions }: RustImpl): string =>
  hintOfFunction(functions.find(({ name }) => name === 'serialize')?.body)

/** A hint at the encoding of a function, for a message. Empty if it calls no serializer. */
export function hintOfFunction(body: Expression | undefined): string {
  if (!body) return ''
  const calls = new Set<string>()
  body.node.cursor().iterate((node) => {
    const name =
      node.name === 'FieldIdentifier' || node.name === 'Identifier' ? body.source.text.slice(node.from, node.to) : ''
    if (/^serialize_[a-z0-9_]+$/.test(name) || name === 'collect_str') calls.add(name)
    const whole = name === 'serialize' && node.node.parent?.name === 'FieldExpression' ? node.node.parent : undefined
    if (whole) calls.add(body.source.textOf(whole).replaceAll(/\s+/g, ''))
  })
  return calls.size === 0 ? '' : ` (calls ${[...calls].join(', ')})`
}
