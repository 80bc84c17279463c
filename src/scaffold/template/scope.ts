import { type Name, parseName } from '../name.ts'
import type { Swap } from './rename.ts'

/** What a template's words and conditions can name: an answer, or what was made of answers. */
export type Value = string | number | boolean | Name | undefined | readonly Value[] | Scope
export interface Scope {
  readonly [key: string]: Value
}

export const isName = (value: Value): value is Name =>
  typeof value === 'object' && !Array.isArray(value) && Array.isArray((value as Scope).words)

/** A mistake of whoever wrote the template; its place is said by whoever catches it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

const at = (scope: Scope, path: string): Value => {
  let value: Value = scope
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || Array.isArray(value) || isName(value)) return undefined
    value = Object.hasOwn(value as Scope, step) ? (value as Scope)[step] : undefined
  }
  return value
}

export const has = (scope: Scope, path: string): boolean => Object.hasOwn(scope, path.split('.')[0] as string)

/** The value at `change.name`. A first step that nothing has is a mistake, a later one is a thing that is not there. */
export function lookUp(scope: Scope, path: string): Value {
  if (!has(scope, path)) throw new TemplateError(`nothing is called '${path}' here`)
  return at(scope, path)
}

/** `codec=rust`, `timeout`, `not change.failures`: an empty list, text or nothing is not so. */
export function holds(scope: Scope, condition: string): boolean {
  const [, not, path = '', , wanted] = /^(not\s+)?([\w.]+)(=(.+))?$/.exec(condition) ?? []
  if (path === '')
    throw new TemplateError(`'${condition}' is no condition; it is written 'codec=rust' or 'not timeout'`)
  const value = lookUp(scope, path)
  const isSo = wanted === undefined ? isSomething(value) : String(value) === wanted
  return isSo === (not === undefined)
}

const isSomething = (value: Value): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))

/** What a word of the template becomes: the words of a name in every spelling, anything else as its text. */
export function swapOf(scope: Scope, from: string, path: string): Swap | undefined {
  const value = lookUp(scope, path)
  if (value === undefined) return undefined
  if (isName(value)) {
    const name = parseName(from)
    if (name === undefined) throw new TemplateError(`'${from}' stands for a name and is none`)
    return { kind: 'name', from: name, to: value }
  }
  if (typeof value === 'object') throw new TemplateError(`'${path}' is no name or text`)
  return { kind: 'text', from, to: String(value) }
}
