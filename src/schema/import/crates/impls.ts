import type { Expression, RustImpl, RustType } from '../../../rust/ast.ts'
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

  /** Whether an impl block implements serde's Serialize, which a `use` may rename. */
  isOfSerialize({ trait }: RustImpl, module: Module): boolean {
    if (trait?.kind !== 'path') return false
    const path = trait.segments.map(({ name }) => name)
    const found = this.#names.find(module, path, 'type', trait.isGlobal)
    return (found?.kind === 'foreign' ? found.path.at(-1) : path.at(-1)) === 'Serialize'
  }

  #collect(module: Module, impls: Map<Item['rust'], ImplIn[]>): void {
    for (const impl of module.impls) {
      for (const { rust } of this.#selfItems(impl.self, module)) {
        const same = impls.get(rust)
        if (same) same.push({ impl, module })
        else impls.set(rust, [{ impl, module }])
      }
    }
    for (const child of [...module.modules, ...module.blocks]) this.#collect(child, impls)
  }

  /** The items that the type of an impl block refers to, behind aliases. */
  #selfItems(self: RustType, module: Module, hops = 0): readonly Item[] {
    if (self.kind !== 'path' || hops > MAX_ALIASES) return []
    const path = self.segments.map(({ name }) => name)
    const found = this.#names.find(module, path, 'type', self.isGlobal)
    const targets = found?.kind === 'open' ? found.found : found ? [found] : []
    return targets.flatMap((target) =>
      target.kind !== 'items'
        ? []
        : target.items.flatMap((item) =>
            item.rust.kind === 'alias' ? this.#selfItems(item.rust.type, item.module, hops + 1) : [item],
          ),
    )
  }
}

/** The maximum number of aliases to follow, because they may form a cycle. */
const MAX_ALIASES = 20

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
    if (call) calls.add(onOneLine(body.source.textOf(call)))
  })
  return calls.size === 0 ? '' : ` (calls ${[...calls].join(', ')})`
}

/** Shortens an expression to one line without its blocks: `match self {…}.serialize`. */
const onOneLine = (expression: string): string =>
  expression
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ (?=[.,)])|(?<=\() /g, '')
    .replace(/\{.*\}/, '{…}')
