import type { RustType } from '../../../rust/ast.ts'
import { readRustType } from '../../../rust/read-rust.ts'
import { comparableText } from '../../../rust/rust-text.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import { namesIn } from '../../inner-types.ts'
import type { Answers, Type } from '../../model.ts'
import { parseType } from '../../type-text.ts'
import type { Module } from '../crates/module.ts'
import type { Report } from '../import-report.ts'
import type { Arg, Env } from './instances.ts'
import { allPresent, type LoweringParts, type TypeLowerer } from './lowering-parts.ts'

/** Finds the user's answers about types, fields and lengths, and records which answers were applied. */
export class UserAnswers {
  /** The keys of all answers that were applied. */
  readonly used = new Set<string>()
  readonly #answers: Answers
  readonly #home: Module
  readonly #report: Report
  readonly #lowerer: TypeLowerer

  constructor({ answers, home, report }: LoweringParts, lowerer: TypeLowerer) {
    this.#answers = answers
    this.#home = home
    this.#report = report
    this.#lowerer = lowerer
  }

  /**
   * Returns the type to which the user maps one of these paths, or the text of the Rust type. Returns `undefined` if there is no
   * such answer. If the answer is not a valid type, reports a problem and returns `{ type: undefined }`.
   */
  mapped(
    paths: readonly string[],
    args: readonly RustType[],
    rust: RustType,
    env: Env,
    depth: number,
  ): { type: Type | undefined } | undefined {
    const text = comparableText(rust.text)
    for (const [key, answer] of this.#answers.map) {
      const [, name = key, params = ''] = /^(.*?)(?:<([\w\s,]*)>)?$/.exec(key.trim()) ?? []
      const [plainKey, plainName] = [comparableText(key), comparableText(name)]
      const isMatch = paths
        .map(comparableText)
        .some((path) => path === plainName || path === plainKey || path.endsWith(`::${plainName}`))
      if (!isMatch && plainKey !== text) continue
      // An answer does not apply inside itself, so it may wrap the original type.
      if (env.answers?.includes(key)) continue
      this.used.add(key)
      const generics = new Map<string, Arg>()
      const names = params.split(',').map((param) => param.trim())
      for (const [index, param] of names.entries()) {
        const arg = args[index]
        if (param !== '' && arg) generics.set(param, this.#lowerer.argument(arg, env, 'type', depth))
      }
      const inAnswer: Env = {
        ...{ module: this.#home, generics, self: undefined, isAnswer: true },
        answers: [...(env.answers ?? []), key],
      }
      return { type: this.#fromText(answer, inAnswer, rust.location, depth + 1) }
    }
    return undefined
  }

  /** Returns the user's answer for the first of these questions that has one: `on`, `derived`, a type or a length. */
  assumed(...keys: readonly string[]): string | undefined {
    for (const key of keys.map(comparableText)) {
      for (const [given, answer] of this.#answers.assume) {
        if (comparableText(given) !== key) continue
        this.used.add(given)
        return answer
      }
    }
    return undefined
  }

  /**
   * Reads a type from an answer: in the notation of schema files, or in Rust, with names as the root module of the first
   * crate sees them.
   */
  typeFrom(text: string, generics: Env['generics'], location: SourceLocation): Type | undefined {
    return this.#fromText(text, { module: this.#home, generics, self: undefined, isAnswer: true }, location, 0)
  }

  #fromText(text: string, env: Env, location: SourceLocation, depth: number): Type | undefined {
    const parsed = parseType(text)
    if (!parsed.ok) {
      const rust = readRustType(text, location)
      return rust
        ? this.#lowerer.type(rust, env, depth + 1)
        : this.#report.problem(location, text, `invalid type: ${parsed.reason}`, undefined)
    }
    // In the notation of schema files, names may still be Rust types.
    const resolve = (type: Type): Type | undefined => {
      switch (type.kind) {
        case 'named': {
          const rust = readRustType(type.name, location)
          return rust && this.#lowerer.type(rust, env, depth + 1)
        }
        case 'option':
        case 'sequence':
        case 'array': {
          const item = resolve(type.item)
          return item && { ...type, item }
        }
        case 'tuple': {
          const items = type.items.map(resolve)
          return allPresent(items) ? { ...type, items } : undefined
        }
        case 'map': {
          const [key, value] = [resolve(type.key), resolve(type.value)]
          return key && value && { ...type, key, value }
        }
        case 'result': {
          const [ok, error] = [resolve(type.ok), resolve(type.error)]
          return ok && error && { ...type, ok, error }
        }
        default:
          return type
      }
    }
    return resolve(parsed.type)
  }
}

/**
 * Reads a name in an answer that is not a Rust name but a type of schema files, such as `bytes`. `undefined` outside of
 * answers.
 */
export function schemaNotation(rust: RustType, env: Env): Type | undefined {
  if (!env.isAnswer) return undefined
  const parsed = parseType(rust.text)
  return parsed.ok && namesIn(parsed.type).length === 0 ? parsed.type : undefined
}
