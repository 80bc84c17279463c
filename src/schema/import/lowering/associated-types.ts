import type { RustImpl, RustType } from '../../../rust/ast.ts'
import { presence } from '../../../rust/attributes.ts'
import type { Cfg } from '../crates/cfg.ts'
import { type Impls, traitName } from '../crates/impls.ts'
import type { Item } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { type Arg, argsByName, boundTo, type Env } from './instances.ts'
import type { LoweringParts, TypeLowerer } from './lowering-parts.ts'

/** The maximum number of aliases and associated types to follow, because they may form a cycle. */
const MAX_HOPS = 20

/** The type that an associated type stands for, and the scope in which its names are resolved. */
interface FoundType {
  readonly rust: RustType
  readonly env: Env
}

/** Resolves an associated type such as `<Order as Aggregate>::Event` to the type that an impl block assigns to `Event`. */
export class AssociatedTypes {
  readonly #names: Names
  readonly #impls: Impls
  readonly #cfg: Cfg
  readonly #lowerer: TypeLowerer

  constructor({ names, impls, cfg }: LoweringParts, lowerer: TypeLowerer) {
    this.#names = names
    this.#impls = impls
    this.#cfg = cfg
    this.#lowerer = lowerer
  }

  /**
   * Finds the type that an associated type stands for, and the scope in which its names are resolved. `undefined` if no impl
   * block in the crate of the owner defines it, or several do. If only their `cfg` decides between several definitions, returns the
   * options of `cfg`.
   */
  find(rust: RustType, env: Env, hops = 0): FoundType | { readonly ask: readonly string[] } | undefined {
    const wanted = associatedParts(rust, env)
    const owner = wanted && this.#owner(wanted.self, env, hops)
    if (!owner) return undefined
    const defining = this.#impls.of(owner.item).flatMap(({ impl, module }) => {
      if (wanted.trait !== undefined && traitName(impl) !== wanted.trait) return []
      return impl.types.flatMap(({ name, type, attributes }) => {
        const state = presence([...impl.attributes, ...attributes], this.#cfg.of(module.crate))
        return name === wanted.name && ('ask' in state || state.holds) ? [{ type, impl, module, state }] : []
      })
    })
    const [only, ...others] = defining
    if (!only) return undefined
    if (others.length > 0) {
      const ask = defining.flatMap(({ state }) => ('ask' in state ? state.ask : []))
      return ask.length === 0 ? undefined : { ask }
    }
    const generics = new Map([...parametersOf(only.impl, owner.args), ['Self', owner.self]])
    return { rust: only.type, env: { module: only.module, generics, self: undefined, answers: env.answers } }
  }

  /** Finds the item whose impl blocks define the associated type: the type before `as`, behind aliases and parameters. */
  #owner(self: RustType, from: Env, hops: number): { item: Item; args: readonly Arg[]; self: Arg } | undefined {
    let [type, env] = [self, from]
    for (let hop = hops; hop < MAX_HOPS; hop += 1) {
      const next = boundTo(type, env) ?? this.find(type, env, hop + 1)
      if (next && 'ask' in next) return undefined
      if (next) {
        ;[type, env] = [next.rust, next.env]
        continue
      }
      if (type.kind !== 'path') return undefined
      const path = type.segments.map(({ name }) => name)
      const found = this.#names.find(env.module, path, 'type', type.isGlobal)
      const [item, ...others] = found?.kind === 'items' ? found.items : []
      if (!item || others.length > 0) return undefined
      const args = this.#lowerer.bind(item, type.segments.at(-1)?.args ?? [], env)
      if (item.rust.kind !== 'alias')
        return { item, args, self: { rust: type, env, type: undefined, value: undefined } }
      ;[type, env] = [item.rust.type, { module: item.module, generics: argsByName(item, args), self: undefined }]
    }
    return undefined
  }
}

/** The parts of `<A as Aggregate>::Event`, or of `A::Event` where `A` is a generic parameter. */
function associatedParts(
  rust: RustType,
  env: Env,
): { readonly self: RustType; readonly trait: string | undefined; readonly name: string } | undefined {
  if (rust.kind === 'associated') return rust
  if (rust.kind !== 'path' || rust.isGlobal || rust.segments.length !== 2) return undefined
  const [first, last] = rust.segments
  if (!first || !last || !env.generics.has(first.name)) return undefined
  return { self: { ...rust, segments: [first] }, trait: undefined, name: last.name }
}

/**
 * The argument of each generic parameter of an impl block. `T` of `impl<T> Aggregate for Order<T>` gets the argument of
 * `Order`.
 */
function parametersOf({ self, generics }: RustImpl, args: readonly Arg[]): [string, Arg][] {
  const selfArgs = self.kind === 'path' ? (self.segments.at(-1)?.args ?? []) : []
  return selfArgs.flatMap((type, index): [string, Arg][] => {
    const name = type.kind === 'path' && type.segments.length === 1 ? type.segments[0]?.name : undefined
    const arg = args[index]
    return name !== undefined && arg && generics.some((generic) => generic.name === name) ? [[name, arg]] : []
  })
}
