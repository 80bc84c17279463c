import type { Expression, RustConst, RustType } from '../../../rust/ast.ts'
import { presence } from '../../../rust/attributes.ts'
import {
  type ConstNames,
  type ConstValue,
  constValue,
  type IntegerType,
  inType,
  isIntegerType,
} from '../../../rust/const-value.ts'
import type { Cfg } from '../crates/cfg.ts'
import type { Impls } from '../crates/impls.ts'
import { type Item, type Module, modulePath } from '../crates/module.ts'
import type { Names } from '../crates/names.ts'
import { importHints, turnOnHint } from '../hints.ts'
import type { Report } from '../import-report.ts'
import { canonicalPath, primitiveAt } from './foreign/foreign-types.ts'
import type { Env } from './instances.ts'
import type { LoweringParts } from './lowering-parts.ts'
import type { UserAnswers } from './user-answers.ts'

/** The largest array length that a schema file can contain. */
const MAX_LENGTH = 0xffff_ffffn

/** The maximum number of constants that one constant refers to. */
const MAX_CONSTANTS = 50

/** Evaluates the constants that types depend on. */
export class ConstLowering {
  readonly #names: Names
  readonly #impls: Impls
  readonly #report: Report
  readonly #answers: UserAnswers
  readonly #cfg: Cfg
  /** The options of `cfg` on which the value of the last evaluated constant depends. */
  readonly #asked = new Set<string>()
  /** The full paths of the constants that the last evaluated constant needs and that have no known value, with the reasons. */
  readonly #unknown = new Map<string, string>()
  /** The number of unanswered questions about constants so far. */
  #questionCount = 0

  constructor({ names, impls, report, cfg }: LoweringParts, answers: UserAnswers) {
    this.#names = names
    this.#cfg = cfg
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
    this.#asked.clear()
    this.#unknown.clear()
    const value = answer === undefined ? this.#evaluate(expression, env, 0)?.value : BigInt(answer)
    if (value !== undefined && value >= 0n && value <= MAX_LENGTH) return Number(value)
    if (value === undefined && this.#asked.size > 0) {
      const asked = [...this.#asked]
      const reason = `the length ${written} depends on ${asked.join(', ')}`
      return this.#report.problem(about.location, about.text, reason, turnOnHint(asked))
    }
    // Other modules may have other constants of that name, so each constant is asked about by its full path.
    if (value === undefined && this.#unknown.size > 0) {
      for (const [path, why] of this.#unknown) {
        const reason = `cannot evaluate the length ${written}${why}`
        this.#report.problem(about.location, about.text, reason, importHints.giveLength(path))
      }
      return undefined
    }
    const reason =
      value === undefined
        ? `cannot evaluate the length ${written}`
        : `the length ${written} is ${value}, which is not between 0 and ${MAX_LENGTH}`
    return this.#report.problem(about.location, about.text, reason, fix)
  }

  /** Evaluates a const generic argument: `4`, `{ 4 + 4 }` or `LENGTH`. `undefined` if it cannot be evaluated. */
  argument(rust: RustType, env: Env, depth = 0): bigint | undefined {
    if (rust.kind === 'value') return this.#evaluate(rust.value, env, depth)?.value
    if (rust.kind !== 'path') return undefined
    const path = rust.segments.map(({ name }) => name)
    return this.#value(path, env, depth)?.value
  }

  #evaluate(expression: Expression, env: Env, depth: number): ConstValue | undefined {
    // A constant may refer to itself, which does not compile.
    if (depth > MAX_CONSTANTS) return undefined
    const names: ConstNames = {
      constant: (path) => this.#value(path, env, depth + 1),
      type: (path) => this.#integerType(path, env),
    }
    return constValue(expression, names)
  }

  /** Evaluates the constant, const parameter or associated constant at a path. `undefined` if it cannot be evaluated. */
  #value(path: readonly string[], env: Env, depth: number): ConstValue | undefined {
    const [first = '', second] = path
    if (path.length === 1) {
      const bound = env.generics.get(first)
      // A const argument without a value is evaluated again to find out what its value depends on.
      const value = bound && (bound.value ?? this.argument(bound.rust, bound.env, depth + 1))
      if (bound) return value === undefined ? undefined : { value, type: undefined }
    }
    const found = this.#names.find(env.module, path, 'value')
    if (found?.kind === 'const') {
      const inner: Env = { module: found.module, generics: new Map(), self: undefined }
      const before = this.#questionCount
      const value = this.#constant(found.value, inner, depth)
      // If it depends on a constant that is asked about, it is known once that one is.
      if (value !== undefined || this.#questionCount > before) return value
      return this.#answered([...modulePath(found.module), found.value.name].join('::'), '')
    }
    if (found?.kind === 'foreign' && found.path[0] !== 'std')
      return this.#answered(found.path.join('::'), `: the source of crate ${found.path[0]} is not among the paths`)
    if (found?.kind === 'open') return this.#ask(found.ask)
    // The path may be that of an associated constant: `Self::LEN` or `Key::LEN`.
    const owner =
      path.length === 2 ? (first === 'Self' ? env.self?.item : this.#itemNamed(env.module, first)) : undefined
    const associated = (owner ? this.#impls.of(owner) : []).flatMap(({ impl, module }) =>
      impl.consts.flatMap((constant) => {
        const state = presence([...impl.attributes, ...constant.attributes], this.#cfg.of(module.crate))
        const isPossible = 'ask' in state || state.holds
        return constant.name === second && isPossible
          ? [{ constant, module, state, isOfTrait: impl.trait !== undefined }]
          : []
      }),
    )
    // The constants of the type itself come before those of its traits.
    const own = associated.filter(({ isOfTrait }) => !isOfTrait)
    const possible = own.length > 0 ? own : associated
    const [only, ...others] = possible
    if (others.length > 0) return this.#ask(possible.flatMap(({ state }) => ('ask' in state ? state.ask : [])))
    return only && this.#constant(only.constant, { ...env, module: only.module }, depth)
  }

  /** The value of a constant, in the type that its declaration says. */
  #constant({ value, type }: RustConst, env: Env, depth: number): ConstValue | undefined {
    const path = type?.kind === 'path' ? type.segments.map(({ name }) => name) : []
    const declared = this.#integerType(path, env)
    const found = value && this.#evaluate(value, env, depth + 1)
    if (!found || !declared || (found.type && found.type !== declared)) return undefined
    return inType(found.value, declared)
  }

  /** The type of integers that a path names, behind aliases. */
  #integerType(path: readonly string[], env: Env, hops = 0): IntegerType | undefined {
    const found = path.length > 0 && hops < MAX_CONSTANTS ? this.#names.find(env.module, path) : undefined
    if (found?.kind === 'foreign') {
      const primitive = primitiveAt(canonicalPath(found.path))
      return primitive && isIntegerType(primitive) ? primitive : undefined
    }
    const [item, ...others] = found?.kind === 'items' ? found.items : []
    const target = item?.rust.kind === 'alias' && others.length === 0 ? item.rust.type : undefined
    if (!item || target?.kind !== 'path') return undefined
    const steps = target.segments.map(({ name }) => name)
    return this.#integerType(steps, { ...env, module: item.module }, hops + 1)
  }

  /** The user's answer for a constant without a known value. Remembers the constant if there is no answer. */
  #answered(path: string, why: string): ConstValue | undefined {
    const answer = this.#answers.assumed(path)?.replaceAll('_', '').trim()
    if (answer !== undefined && /^\d+$/.test(answer)) return { value: BigInt(answer), type: undefined }
    this.#questionCount += 1
    this.#unknown.set(path, why)
    return undefined
  }

  /** Remembers the options on which a value depends. Returns `undefined` in place of the value. */
  #ask(options: readonly string[]): undefined {
    this.#questionCount += 1
    for (const option of options) this.#asked.add(option)
    return undefined
  }

  #itemNamed(module: Module, name: string): Item | undefined {
    const found = this.#names.find(module, [name])
    return found?.kind === 'items' ? found.items[0] : undefined
  }
}
