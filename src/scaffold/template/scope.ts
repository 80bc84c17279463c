import { type Name, parseName } from '../name.ts'
import type { Swap } from './rename.ts'

/** A value that words and conditions of a template can name: an answer, or a value derived from answers. */
export type Value = string | number | boolean | Name | undefined | readonly Value[] | Scope
export interface Scope {
  readonly [key: string]: Value
}

export const isName = (value: Value): value is Name =>
  typeof value === 'object' && !Array.isArray(value) && Array.isArray((value as Scope).words)

/** A mistake in a template. `planScaffold` adds the folder and the file. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

const valueAt = (scope: Scope, path: string): Value => {
  let value: Value = scope
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || Array.isArray(value) || isName(value)) return undefined
    value = Object.hasOwn(value as Scope, step) ? (value as Scope)[step] : undefined
  }
  return value
}

/** Whether a scope has the first name of a path. */
export const has = (scope: Scope, path: string): boolean => Object.hasOwn(scope, path.split('.')[0] as string)

/** Returns the value at a path such as `change.name`. Throws `TemplateError` if the first step is unknown; later steps may be absent. */
export function lookUp(scope: Scope, path: string): Value {
  if (!has(scope, path)) throw new TemplateError(`unknown name '${path}'`)
  return valueAt(scope, path)
}

/** Evaluates a condition: `codec=rust`, `timeout`, `not change.failures`. An empty list, an empty text and an absent value are false. */
export function holds(scope: Scope, condition: string): boolean {
  const [, not, path = '', , wanted] = /^(not\s+)?([\w.]+)(=(.+))?$/.exec(condition) ?? []
  if (path === '') throw new TemplateError(`invalid condition '${condition}'; write 'codec=rust' or 'not timeout'`)
  const value = lookUp(scope, path)
  const isTrue = wanted === undefined ? isPresent(value) : String(value) === wanted
  return isTrue === (not === undefined)
}

const isPresent = (value: Value): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))

/** Returns the replacement of a word by the value at a path: a name in all spellings, any other value as text. */
export function swapOf(scope: Scope, word: string, path: string): Swap | undefined {
  const value = lookUp(scope, path)
  if (value === undefined) return undefined
  if (isName(value)) {
    const name = parseName(word)
    if (name === undefined)
      throw new TemplateError(`'${word}' stands for a name, so the word must be a name, such as order-line`)
    return { kind: 'name', from: name, to: value }
  }
  if (typeof value === 'object') throw new TemplateError(`'${path}' is not a name or a text`)
  return { kind: 'text', from: word, to: String(value) }
}
