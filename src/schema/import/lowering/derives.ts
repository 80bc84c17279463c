import type { Meta } from '../../../rust/ast.ts'
import { changesBytes, derivesOf } from '../../../rust/attributes.ts'
import type { Module } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { attributeMacros } from './attribute-macros.ts'

/** Serde, its derives and the crates of other derives that implement serde's Serialize. */
const serdeCrates = new Set(['serde', 'serde_derive', 'serde_repr', 'serde_with', 'serde_with_macros', 'derive_more'])

/** Whether the derive of this name implements Serialize. */
export const isSerializer = (name: string): boolean => /^(Serialize|Serialize_repr|SerializeDisplay)$/.test(name)

/**
 * The derives in attributes, by the original names of the traits, which a `use` may rename. A derive of another crate that is named
 * like one of serde's keeps its path.
 */
export const namedDerives = (attributes: readonly Meta[], module: Module, names: Names): string[] =>
  derivesOf(attributes).map((path) => {
    const steps = path.split('::')
    const found = names.find(module, steps, 'type')
    const original = found?.kind === 'foreign' ? found.path : steps
    const name = original.at(-1) as string
    const isOfSerde = original.length === 1 || original.some((step) => serdeCrates.has(step))
    return isOfSerde || !/Serialize/.test(name) ? name : original.join('::')
  })

/** Whether an attribute of an item that may apply or not would change the bytes. */
export function mattersForItem(meta: Meta, serializers: ReadonlySet<string>, derives: readonly string[]): boolean {
  if (meta.path === 'serde') return changesBytes(meta)
  if (/(^|::)serde_as$/.test(meta.path)) return true
  if (meta.path === 'derive') return serializers.size > 1 && derivesOf([meta]).some((path) => /Serialize/.test(path))
  // The representation matters only for derives that write it.
  if (meta.path === 'repr') return serializers.has('Serialize_repr')
  return attributeMacros([meta], derives).length > 0
}
