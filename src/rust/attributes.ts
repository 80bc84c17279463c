import type { Meta } from './ast.ts'

/** Whether a `cfg` predicate holds, or, when this is not known, the options that decide it. */
export type CfgState = { readonly holds: boolean } | { readonly ask: readonly string[] }

/**
 * Evaluates a `cfg` predicate. `assume` maps options such as `feature:http` or `target_os = "linux"` to `on` or `off`. The
 * option `test` is off, because services do not publish from tests.
 */
function cfgState(meta: Meta, assume: ReadonlyMap<string, string>): CfgState {
  const inner = meta.items.map((item) => cfgState(item, assume))
  switch (meta.path) {
    case 'cfg':
    case 'all':
      return allOf(inner)
    case 'any':
      return negated(allOf(inner.map(negated)))
    case 'not':
      return negated(allOf(inner))
    case 'test':
      return { holds: false }
    case 'true':
    case 'false':
      return { holds: meta.path === 'true' }
  }
  const key = meta.path === 'feature' && meta.value !== undefined ? `feature:${meta.value}` : meta.text
  const answer = assume.get(key)
  if (answer !== undefined) return { holds: !/^(off|no|false)$/.test(answer) }
  // The bytes to decode were serialized, so the feature that makes types serializable was on.
  return meta.path === 'feature' && meta.value?.includes('serde') ? { holds: true } : { ask: [key] }
}

/** The state of "all of these". */
export function allOf(states: readonly CfgState[]): CfgState {
  if (states.some((state) => 'holds' in state && !state.holds)) return { holds: false }
  const ask = new Set(states.flatMap((state) => ('ask' in state ? state.ask : [])))
  return ask.size === 0 ? { holds: true } : { ask: [...ask] }
}

const negated = (state: CfgState): CfgState => ('holds' in state ? { holds: !state.holds } : state)

/** Whether an item, field or variant is part of the compiled code, according to its `cfg` attributes. */
export const presence = (attributes: readonly Meta[], assume: ReadonlyMap<string, string>): CfgState =>
  allOf(attributes.filter(({ path }) => path === 'cfg').map((meta) => cfgState(meta, assume)))

/** Attributes as the compiler sees them, without `cfg_attr`. */
export interface Attributes {
  /** The attributes that apply. */
  readonly list: readonly Meta[]
  /** The attributes that may apply, with the options that decide whether they do. */
  readonly open: readonly { readonly keys: readonly string[]; readonly meta: Meta }[]
}

/** Replaces each `cfg_attr` with the attributes that it adds under the assumed options. */
export function effective(attributes: readonly Meta[], assume: ReadonlyMap<string, string>): Attributes {
  const open: { keys: readonly string[]; meta: Meta }[] = []
  const list = attributes.flatMap((meta): readonly Meta[] => {
    if (meta.path !== 'cfg_attr') return [meta]
    const [predicate, ...added] = meta.items
    const state = predicate ? cfgState(predicate, assume) : { holds: false }
    if ('holds' in state) return state.holds ? effective(added, assume).list : []
    // It is not known whether the attributes apply. Assume that derives do, and report the serde attributes that change the
    // bytes.
    open.push(
      ...added
        .filter((inner) => inner.path === 'serde' && inner.items.some(({ path }) => changesBytes.has(path)))
        .map((inner) => ({ keys: state.ask, meta: inner })),
    )
    return added.filter(({ path }) => path === 'derive')
  })
  return { list, open }
}

/** The serde attributes that change what is serialized. */
const changesBytes = new Set([
  ...['skip', 'skip_serializing', 'skip_deserializing', 'skip_serializing_if', 'flatten', 'tag', 'content', 'untagged'],
  ...['with', 'serialize_with', 'transparent', 'into', 'from', 'try_from', 'remote'],
])

/** All paths in `derive` attributes. */
export const derivesOf = (list: readonly Meta[]): string[] =>
  list
    // Macros such as nutype have their own `derive` list for the type that they generate.
    .flatMap((meta) => (meta.path === 'derive' ? [meta] : meta.items.filter(({ path }) => path === 'derive')))
    .flatMap((meta) => meta.items.map(({ path }) => path))

/** The items of all `#[serde(…)]` attributes together. */
export class Serde {
  readonly metas: readonly Meta[]

  constructor(list: readonly Meta[]) {
    this.metas = list.filter(({ path }) => path === 'serde').flatMap(({ items }) => items)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  get(name: string): Meta | undefined {
    return this.metas.find(({ path }) => path === name)
  }

  value(name: string): string | undefined {
    return this.get(name)?.value
  }
}
