import type { RustImpl, RustType } from '../../../rust/ast.ts'
import { type Impls, traitName } from '../crates/impls.ts'
import type { Item } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { type Arg, argsByName, boundTo, type Env } from './instances.ts'

/** Longer than anybody goes from one type to another to say what a third is. */
const mostHops = 20

/** Finds what impl blocks say that a type has: of `<Order as Aggregate>::Event`, the type behind `type Event =`. */
export class AssociatedTypes {
  readonly #names: Names
  readonly #impls: Impls
  readonly #bind: (item: Item, args: readonly RustType[], env: Env) => readonly Arg[]

  constructor(names: Names, impls: Impls, bind: (item: Item, args: readonly RustType[], env: Env) => readonly Arg[]) {
    this.#names = names
    this.#impls = impls
    this.#bind = bind
  }

  /** The type, and what its names mean; `undefined` where no impl of the type's crate says it, or several do. */
  find(rust: RustType, env: Env, hops = 0): { readonly rust: RustType; readonly env: Env } | undefined {
    const wanted = wantedBy(rust, env)
    const owner = wanted && this.#owner(wanted.self, env, hops)
    if (!owner) return undefined
    const saying = this.#impls.of(owner.item).flatMap(({ impl, module }) => {
      const type = impl.types.find(({ name }) => name === wanted.name)?.type
      const isMeant = wanted.trait === undefined || traitName(impl) === wanted.trait
      return type && isMeant ? [{ type, impl, module }] : []
    })
    const [only, ...others] = saying
    if (!only || others.length > 0) return undefined
    const generics = new Map([...parametersOf(only.impl, owner.args), ['Self', owner.self]])
    return { rust: only.type, env: { module: only.module, generics, self: undefined, answers: env.answers } }
  }

  /** Whose impl blocks say it. */
  #owner(self: RustType, from: Env, hops: number): { item: Item; args: readonly Arg[]; self: Arg } | undefined {
    let [type, env] = [self, from]
    for (let hop = hops; hop < mostHops; hop += 1) {
      const next = boundTo(type, env) ?? this.find(type, env, hop + 1)
      if (next) {
        ;[type, env] = [next.rust, next.env]
        continue
      }
      if (type.kind !== 'path') return undefined
      const path = type.segments.map(({ name }) => name)
      const found = this.#names.find(env.module, path, 'type', type.isGlobal)
      const [item, ...others] = found?.kind === 'items' ? found.items : []
      if (!item || others.length > 0) return undefined
      const args = this.#bind(item, type.segments.at(-1)?.args ?? [], env)
      if (item.rust.kind !== 'alias')
        return { item, args, self: { rust: type, env, type: undefined, value: undefined } }
      ;[type, env] = [item.rust.type, { module: item.module, generics: argsByName(item, args), self: undefined }]
    }
    return undefined
  }
}

/** `<A as Aggregate>::Event`, or `A::Event` of a parameter. */
function wantedBy(
  rust: RustType,
  env: Env,
): { readonly self: RustType; readonly trait: string | undefined; readonly name: string } | undefined {
  if (rust.kind === 'associated') return rust
  if (rust.kind !== 'path' || rust.isGlobal || rust.segments.length !== 2) return undefined
  const [first, last] = rust.segments
  if (!first || !last || !env.generics.has(first.name)) return undefined
  return { self: { ...rust, segments: [first] }, trait: undefined, name: last.name }
}

/** `impl<T> Aggregate for Order<T>`: what `T` is, by its location. */
function parametersOf({ self, generics }: RustImpl, args: readonly Arg[]): [string, Arg][] {
  const written = self.kind === 'path' ? (self.segments.at(-1)?.args ?? []) : []
  return written.flatMap((type, index): [string, Arg][] => {
    const name = type.kind === 'path' && type.segments.length === 1 ? type.segments[0]?.name : undefined
    const arg = args[index]
    return name !== undefined && arg && generics.some((generic) => generic.name === name) ? [[name, arg]] : []
  })
}
