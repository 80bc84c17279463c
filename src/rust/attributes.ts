import type { Meta } from './syntax.ts'

/** Whether a `cfg` holds, or what would have to be known to say so. */
export type CfgState = { readonly holds: boolean } | { readonly ask: readonly string[] }

/**
 * `assume` answers by what a question names: `feature:http`, `target_os = "linux"`, each `on` or `off`. Tests are off:
 * services do not publish from them.
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
  // What is read here is what was serialized, so what makes a type serializable was on.
  return meta.path === 'feature' && meta.value?.includes('serde') ? { holds: true } : { ask: [key] }
}

function allOf(states: readonly CfgState[]): CfgState {
  if (states.some((state) => 'holds' in state && !state.holds)) return { holds: false }
  const ask = states.flatMap((state) => ('ask' in state ? state.ask : []))
  return ask.length === 0 ? { holds: true } : { ask }
}

const negated = (state: CfgState): CfgState => ('holds' in state ? { holds: !state.holds } : state)

/** Whether an item, field or variant is there. */
export const presence = (attributes: readonly Meta[], assume: ReadonlyMap<string, string>): CfgState =>
  allOf(attributes.filter(({ path }) => path === 'cfg').map((meta) => cfgState(meta, assume)))

/** Attributes as the compiler would see them, and the features that leave it open. */
export interface Attributes {
  readonly list: readonly Meta[]
  readonly open: readonly { readonly keys: readonly string[]; readonly meta: Meta }[]
}

/** Takes `cfg_attr` apart. */
export function effective(attributes: readonly Meta[], assume: ReadonlyMap<string, string>): Attributes {
  const open: { keys: readonly string[]; meta: Meta }[] = []
  const list = attributes.flatMap((meta): readonly Meta[] => {
    if (meta.path !== 'cfg_attr') return [meta]
    const [predicate, ...then] = meta.items
    const state = predicate ? cfgState(predicate, assume) : { holds: false }
    if ('holds' in state) return state.holds ? effective(then, assume).list : []
    // Derives are taken as given; of serde's attributes only those matter that change the bytes.
    open.push(
      ...then
        .filter((inner) => inner.path === 'serde' && inner.items.some(({ path }) => changesBytes.has(path)))
        .map((inner) => ({ keys: state.ask, meta: inner })),
    )
    return then.filter(({ path }) => path === 'derive')
  })
  return { list, open }
}

const changesBytes = new Set([
  ...['skip', 'skip_serializing', 'skip_deserializing', 'skip_serializing_if', 'flatten', 'tag', 'content', 'untagged'],
  ...['with', 'serialize_with', 'transparent', 'into', 'from', 'try_from', 'remote'],
])

/** Every path in `derive`. */
export const derivesOf = (list: readonly Meta[]): string[] =>
  list
    // nutype and its like derive for the type they make.
    .flatMap((meta) => (meta.path === 'derive' ? [meta] : meta.items.filter(({ path }) => path === 'derive')))
    .flatMap((meta) => meta.items.map(({ path }) => path))

/** What `#[serde(…)]` says, all of them together. */
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
