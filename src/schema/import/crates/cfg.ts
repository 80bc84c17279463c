import type { Meta } from '../../../rust/ast.ts'
import { type CfgOptions, derivesOf } from '../../../rust/attributes.ts'
import type { Answers } from '../../model.ts'
import type { Crates } from './crates.ts'
import { type Crate, itemsOf } from './module.ts'

/** Knows the options of `cfg` in each crate. */
export class Cfg {
  readonly #crates: Crates
  readonly #answers: Answers['assume']
  readonly #byCrate = new Map<Crate, CfgOptions>()

  constructor(crates: Crates, answers: Answers['assume']) {
    this.#crates = crates
    this.#answers = answers
  }

  /** The options of a crate. Its features differ from those of the same names in other crates. */
  of(crate: Crate): CfgOptions {
    const existing = this.#byCrate.get(crate)
    if (existing) return existing
    const options: CfgOptions = {
      answers: this.#answers,
      features: new Set([...serdeFeatures(crate), ...this.#crates.enabledFeatures(crate)]),
      question: (feature) => `feature:${crate.shownAs === 'crate' ? '' : `${crate.shownAs}/`}${feature}`,
    }
    this.#byCrate.set(crate, options)
    return options
  }
}

/**
 * The features of a crate that make its types serializable: those that add `derive(Serialize)` and are named after serde. They
 * are on, because the bytes to decode were serialized.
 */
function serdeFeatures(crate: Crate): string[] {
  const conditional = itemsOf(crate.root).flatMap(({ rust }) =>
    rust.attributes.filter(({ path }) => path === 'cfg_attr'),
  )
  return conditional.flatMap(({ items: [predicate, ...added] }) =>
    predicate && derivesOf(added).some((path) => /(^|::)(Des|S)erialize$/.test(path)) ? serdeFeaturesIn(predicate) : [],
  )
}

const serdeFeaturesIn = ({ path, value, items }: Meta): string[] =>
  path === 'feature' && value !== undefined && value.includes('serde')
    ? [value]
    : path === 'all'
      ? items.flatMap(serdeFeaturesIn)
      : []
