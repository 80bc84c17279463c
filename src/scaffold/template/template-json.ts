import type { Json } from '../layout/json-text.ts'
import { isName, lookUp, type Scope, TemplateError, type Value } from './scope.ts'

type JsonObject = { readonly [key: string]: Json }

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** Renames every key and text of a JSON value. A text such as `$partitions` becomes the value at that path of the scope. */
export function fillJson(json: Json, scope: Scope, rename: (text: string) => string): Json {
  if (typeof json === 'string') return json.startsWith('$') ? valueAt(scope, json.slice(1)) : rename(json)
  if (Array.isArray(json)) return json.map((item: Json) => fillJson(item, scope, rename))
  if (!isObject(json)) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [rename(key), fillJson(value, scope, rename)]))
}

function valueAt(scope: Scope, path: string): Json {
  const value = jsonOf(lookUp(scope, path))
  if (value === undefined) {
    throw new TemplateError(`'$${path}' is not a text, a number, a boolean, or a list or an object of these`)
  }
  return value
}

/** Returns a value as JSON; `undefined` if it is absent, or if a part of it is absent or a name. */
function jsonOf(value: Value): Json | undefined {
  if (value === undefined || isName(value)) return undefined
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) {
    const items = (value as readonly Value[]).map(jsonOf)
    return items.every((item) => item !== undefined) ? items : undefined
  }
  const fields = Object.entries(value).map(([key, field]) => [key, jsonOf(field)] as const)
  return fields.every(([, field]) => field !== undefined) ? (Object.fromEntries(fields) as JsonObject) : undefined
}

/** Merges `patch` into `json`: objects are merged, every other value is replaced. */
export function mergeJson(json: Json, patch: Json): Json {
  if (!isObject(json) || !isObject(patch)) return patch
  // A Map, because a key may be `__proto__`.
  const merged = new Map(Object.entries(json))
  for (const [key, value] of Object.entries(patch)) {
    const known = merged.get(key)
    merged.set(key, known === undefined ? value : mergeJson(known, value))
  }
  return Object.fromEntries(merged)
}

/** Returns every value of a patch that is not an object with keys, together with the keys that lead to the value. */
export function leavesOf(patch: JsonObject, path: readonly string[] = []): { path: readonly string[]; value: Json }[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const at = [...path, key]
    return isObject(value) && Object.keys(value).length > 0 ? leavesOf(value, at) : [{ path: at, value }]
  })
}
