import type { RustType } from '../../../../rust/ast.ts'
import { formatLocation } from '../../../../rust/source.ts'
import { libraryType } from '../../../library-types.ts'
import type { Type } from '../../../model.ts'
import { formatType, isPrimitive } from '../../../type-text.ts'
import { macroCallNaming } from '../../crates/macro-calls.ts'
import { isEarlier } from '../../crates/packages.ts'
import { unifiedFeatures } from '../../crates/unified-features.ts'
import { importHints, turnOnHint } from '../../hints.ts'
import { boundTo, type Env } from '../instances.ts'
import { type LoweringParts, type TypeLowerer, UNREADABLE } from '../lowering-parts.ts'
import { schemaNotation, type UserAnswers } from '../user-answers.ts'
import { ContainerLowering } from './container-lowering.ts'
import { canonicalPath, firstVersions, foreignType, primitiveAt } from './foreign-types.ts'

/** Lowers types of the standard library and of other crates whose source is not imported. */
export class ForeignLowering {
  readonly #parts: LoweringParts
  readonly #lowerer: TypeLowerer
  readonly #answers: UserAnswers
  readonly #containers: ContainerLowering

  constructor(parts: LoweringParts, lowerer: TypeLowerer, answers: UserAnswers) {
    this.#parts = parts
    this.#lowerer = lowerer
    this.#answers = answers
    this.#containers = new ContainerLowering(parts, lowerer)
  }

  /** Converts the type at a path of a foreign crate. Reports a problem and returns `undefined` if that is not possible. */
  type(path: readonly string[], rust: RustType, args: readonly RustType[], env: Env, depth: number): Type | undefined {
    const full = canonicalPath(path)
    const answer = this.#answers.mapped([path.join('::'), full], args, rust, env, depth)
    if (answer) return answer.type
    const primitive = primitiveAt(full)
    if (primitive !== undefined) return { kind: primitive }
    if (full === 'chrono::DateTime') return this.#dateTime(rust, args[0], env)
    if (full === 'std::num::NonZero') {
      const inner = args[0] && this.#lowerer.type(args[0], env, depth + 1)
      const name = inner && `NonZero${formatType(inner).charAt(0).toUpperCase()}${formatType(inner).slice(1)}`
      if (name === undefined || libraryType(name)) return name === undefined ? undefined : { kind: 'known', name }
      return this.#parts.report.problem(rust.location, rust.text, 'the argument is not an integer type', undefined)
    }
    const atomic = /^std::sync::atomic::Atomic(Bool|[IU](?:8|16|32|64|size))$/.exec(full)?.[1]?.toLowerCase()
    if (atomic !== undefined && isPrimitive(atomic)) return { kind: atomic } as Type
    const found = foreignType(full)
    const outdated = found && this.#outdatedVersion(full.replace(/::.*/, ''), env)
    if (outdated !== undefined)
      return this.#parts.report.problem(rust.location, rust.text, outdated, importHints.mapType(path.join('::')))
    if (found?.kind === 'known') return this.#libraryType(found.type.name, found.type.unreadable, rust, env)
    if (found) return this.#containers.type(found.container, { full, rust, args, env, depth })
    const notation = schemaNotation(rust, env)
    if (notation) return notation
    const reason =
      path[0] === 'std'
        ? 'serde does not serialize this type, or crbus does not know its encoding'
        : `the source of crate ${path[0]} is not among the paths`
    const macro = macroCallNaming(path.at(-1) ?? '', this.#parts.crates.all)
    const macroHint =
      macro && path.length === 1 ? `; ${macro.name}! (${formatLocation(macro.location)}) may define this type` : ''
    return this.#parts.report.problem(
      rust.location,
      rust.text,
      reason + macroHint,
      importHints.mapType(path.join('::')),
    )
  }

  /** Why the encoding of a crate's types is not the known one: the service is built with a version that has another. */
  #outdatedVersion(crate: string, env: Env): string | undefined {
    const first = firstVersions.get(crate)
    const used = first && this.#parts.crates.packages.earliestVersion(env.module.crate, crate)
    if (!first || !used || !isEarlier(used.version, first)) return undefined
    const version = used.version.join('.')
    const says = used.file === 'Cargo.toml' ? `the service requires ${version}` : `Cargo.lock has ${version}`
    return `crbus knows the encoding of ${crate} ${first.join('.')} and later, and ${says}`
  }

  /** Returns the schema type of a library type. Adds a note if Rust cannot decode the type. */
  #libraryType(name: string, unreadable: string | undefined, rust: RustType, env: Env): Type | undefined {
    if (name === 'Decimal') {
      const form = this.#decimalForm(rust, env)
      if (form !== 'text') return form
    }
    if (unreadable !== undefined) this.#parts.report.undecodable(rust, unreadable)
    return { kind: 'known', name }
  }

  /**
   * The form of `rust_decimal::Decimal`, which the features of the crate decide. `text`: the one without any feature.
   * `undefined` after a problem.
   */
  #decimalForm(rust: RustType, env: Env): Type | 'text' | undefined {
    const { packages } = this.#parts.crates
    const { on, possible } = unifiedFeatures(packages, env.module.crate.folder, 'rust_decimal')
    const isOn = (feature: string): boolean | undefined => {
      const answer = this.#answers.assumed(`feature:rust_decimal/${feature}`)
      if (answer !== undefined) return answer !== 'off'
      return on.has(feature) ? true : possible.has(feature) ? undefined : false
    }
    const [isFloat, isArbitrary] = [isOn('serde-float'), isOn('serde-arbitrary-precision')]
    const undecided = [
      ...(isFloat === undefined ? ['serde-float'] : []),
      ...(isArbitrary === undefined && isFloat !== false ? ['serde-arbitrary-precision'] : []),
    ].map((feature) => `feature:rust_decimal/${feature}`)
    if (undecided.length > 0) {
      const reason = `the encoding depends on ${undecided.join(' and ')}, which another package or a feature may turn on`
      return this.#parts.report.problem(rust.location, rust.text, reason, turnOnHint(undecided))
    }
    if (isFloat && isArbitrary) {
      const reason = "bincode cannot decode this type with rust_decimal's feature serde-arbitrary-precision"
      this.#parts.report.unsupported(rust.location, rust.text, reason)
      return UNREADABLE
    }
    if (isFloat) return { kind: 'known', name: 'f64 as decimal' }
    return on.has('serde-str') || on.has('serde-bincode') ? { kind: 'known', name: 'Decimal' } : 'text'
  }

  /** Converts `chrono::DateTime`. Its schema type depends on the time zone. */
  #dateTime(rust: RustType, arg: RustType | undefined, env: Env): Type | undefined {
    let [zone, at] = [arg, env]
    for (let bound = zone && boundTo(zone, at); bound; bound = boundTo(zone, at)) [zone, at] = [bound.rust, bound.env]
    const path = zone?.kind === 'path' ? zone.segments.map(({ name }) => name) : []
    const found = path.length === 0 ? undefined : this.#parts.names.find(at.module, path)
    const full = found?.kind === 'foreign' ? canonicalPath(found.path) : ''
    const zoneName = /^chrono::(Utc|FixedOffset|Local)$|^chrono_tz::(Tz)$/.exec(full)
    if (zoneName) {
      const name = `DateTime<${zoneName[1] ?? zoneName[2]}>`
      return this.#libraryType(name, libraryType(name)?.unreadable, rust, env)
    }
    return this.#parts.report.problem(
      rust.location,
      rust.text,
      'the time zone is not Utc, FixedOffset, Local or Tz',
      importHints.mapType('chrono::DateTime'),
    )
  }
}
