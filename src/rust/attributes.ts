import type { Meta } from './ast.ts'

/** Whether a `cfg` predicate holds, or, when this is not known, the options that decide it. */
export type CfgState = { readonly holds: boolean } | { readonly ask: readonly string[] }

/** What is known about the options of `cfg` in one crate. */
export interface CfgOptions {
  /** Maps questions such as `feature:http` or `target_os = "linux"` to `on` or `off`. */
  readonly answers: ReadonlyMap<string, string>
  /** The features that are known to be on. */
  readonly features: ReadonlySet<string>
  /** The question about a feature: `feature:http`, or `feature:shared/http` in another crate than the first. */
  readonly question: (feature: string) => string
}

/** Evaluates a `cfg` predicate. The option `test` is off, because services do not publish from tests. */
function cfgState(meta: Meta, options: CfgOptions): CfgState {
  const inner = meta.items.map((item) => cfgState(item, options))
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
  const feature = meta.path === 'feature' ? meta.value : undefined
  const key = feature === undefined ? meta.text : options.question(feature)
  const answer = options.answers.get(key)
  if (answer !== undefined) return { holds: !/^(off|no|false)$/.test(answer) }
  return feature !== undefined && options.features.has(feature) ? { holds: true } : { ask: [key] }
}

/** The state of "all of these". */
export function allOf(states: readonly CfgState[]): CfgState {
  if (states.some((state) => 'holds' in state && !state.holds)) return { holds: false }
  const ask = new Set(states.flatMap((state) => ('ask' in state ? state.ask : [])))
  return ask.size === 0 ? { holds: true } : { ask: [...ask] }
}

const negated = (state: CfgState): CfgState => ('holds' in state ? { holds: !state.holds } : state)

/** Whether an item, field or variant is part of the compiled code, according to its `cfg` attributes. */
export const presence = (attributes: readonly Meta[], options: CfgOptions): CfgState =>
  allOf(attributes.filter(({ path }) => path === 'cfg').map((meta) => cfgState(meta, options)))

/** An attribute that may apply, with the options that decide whether it does. */
export interface OpenAttribute {
  readonly keys: readonly string[]
  readonly meta: Meta
}

/** Attributes as the compiler sees them, without `cfg_attr`. */
export interface Attributes {
  /** The attributes that apply. */
  readonly list: readonly Meta[]
  readonly open: readonly OpenAttribute[]
}

/** Replaces each `cfg_attr` with the attributes that it adds. */
export function effective(attributes: readonly Meta[], options: CfgOptions): Attributes {
  const open: OpenAttribute[] = []
  const list = attributes.flatMap((meta): readonly Meta[] => {
    if (meta.path !== 'cfg_attr') return [meta]
    const [predicate, ...added] = meta.items
    const state = predicate ? cfgState(predicate, options) : { holds: false }
    const inner = effective(added, options)
    if ('holds' in state) {
      if (state.holds) open.push(...inner.open)
      return state.holds ? inner.list : []
    }
    open.push(...inner.list.map((one) => ({ keys: state.ask, meta: one })))
    open.push(...inner.open.map(({ keys, meta: one }) => ({ keys: [...new Set([...state.ask, ...keys])], meta: one })))
    return []
  })
  return { list, open }
}

/** Whether a `serde` attribute changes what bincode writes or reads, and not only names. */
export const changesBytes = ({ items }: Meta): boolean => items.some(({ path }) => !namingOnly.has(path))

/** The serde attributes that bincode does not see. */
const namingOnly = new Set([
  ...['rename', 'rename_all', 'rename_all_fields', 'default', 'alias', 'deny_unknown_fields', 'bound', 'crate'],
  ...['borrow', 'expecting', 'other', 'variant_identifier', 'field_identifier'],
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

  /** The values of `rename = "…"` or `rename(serialize = "…", deserialize = "…")`. `undefined` where there is none. */
  renames(name: 'rename' | 'rename_all' | 'rename_all_fields'): {
    readonly serialize: string | undefined
    readonly deserialize: string | undefined
  } {
    const side = (of: 'serialize' | 'deserialize') =>
      this.metas
        .flatMap((meta) =>
          meta.path === name ? (meta.value ?? meta.items.find(({ path }) => path === of)?.value ?? []) : [],
        )
        .at(0)
    return { serialize: side('serialize'), deserialize: side('deserialize') }
  }
}
