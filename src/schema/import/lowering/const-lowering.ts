import type { Expression, RustType } from '../../../rust/ast.ts'
import { constValue } from '../../../rust/const-value.ts'
import type { Impls } from '../crates/impls.ts'
import type { Item, Module } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { importHints } from '../hints.ts'
import type { Report } from '../import-report.ts'
import type { Env } from './instances.ts'
import type { LoweringParts } from './lowering-parts.ts'
import type { UserAnswers } from './user-answers.ts'

/** The largest array length that a schema file can contain. */
const MAX_LENGTH = 0xffff_ffffn

/** Evaluates the constants that types depend on. */
export class ConstLowering {
  readonly #names: Names
  readonly #impls: Impls
  readonly #report: Report
  readonly #answers: UserAnswers

  constructor({ names, impls, report }: LoweringParts, answers: UserAnswers) {
    this.#names = names
    this.#impls = impls
    this.#report = report
    this.#answers = answers
  }

  /** Evaluates the length of the array type `about`. Reports a problem and returns `undefined` if that is not possible. */
  length(expression: Expression, env: Env, about: RustType): number | undefined {
    const written = expression.source.textOf(expression.node)
    const answer = this.#answers.assumed(written)?.replaceAll('_', '').trim()
    const fix = importHints.giveLength(written)
    if (answer !== undefined && !/^\d+$/.test(answer)) {
      return this.#report.problem(
        about.location,
        about.text,
        `the answer for the length ${written} is not a whole number: ${answer}`,
        fix,
      )
    }
    const value = answer === undefined ? constValue(expression, (path) => this.value(path, env)) : BigInt(answer)
    if (value !== undefined && value >= 0n && value <= MAX_LENGTH) return Number(value)
    const reason =
      value === undefined
        ? `cannot evaluate the length ${written}`
        : `the length ${written} is ${value}, which is not between 0 and ${MAX_LENGTH}`
    return this.#report.problem(about.location, about.text, reason, fix)
  }

  /** Evaluates a const generic argument: `4`, `{ 4 + 4 }` or `LENGTH`. `undefined` if it cannot be evaluated. */
  argument(rust: RustType, env: Env): bigint | undefined {
    if (rust.kind === 'value') return constValue(rust.value, (path) => this.value(path, env))
    if (rust.kind !== 'path') return undefined
    const path = rust.segments.map(({ name }) => name)
    return this.value(path, env)
  }

  /** Evaluates the constant, const parameter or associated constant at a path. `undefined` if it cannot be evaluated. */
  value(path: readonly string[], env: Env): bigint | undefined {
    const [first = '', second] = path
    if (path.length === 1) {
      const bound = env.generics.get(first)
      if (bound) return bound.value
    }
    const found = this.#names.find(env.module, path, 'value')
    if (found?.kind === 'const' && found.value.value) {
      const inner: Env = { module: found.module, generics: new Map(), self: undefined }
      return constValue(found.value.value, (name) => this.value(name, inner))
    }
    // The path may be that of an associated constant: `Self::LEN` or `Key::LEN`.
    const owner =
      path.length === 2 ? (first === 'Self' ? env.self?.item : this.#itemNamed(env.module, first)) : undefined
    for (const { impl, module } of owner ? this.#impls.of(owner) : []) {
      const value = impl.consts.find(({ name }) => name === second)?.value
      if (value) return constValue(value, (name) => this.value(name, { ...env, module }))
    }
    return undefined
  }

  #itemNamed(module: Module, name: string): Item | undefined {
    const found = this.#names.find(module, [name])
    return found?.kind === 'items' ? found.items[0] : undefined
  }
}
