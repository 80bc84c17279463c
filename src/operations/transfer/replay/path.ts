/** A field of an event, such as `data.customer.email`, that a replay changes. */
export interface FieldPath {
  /** The path as the user wrote it. */
  readonly text: string
  readonly root: 'data' | 'metadata' | 'key'
  /** The names below the root. */
  readonly names: readonly string[]
}

/** Parses a path: `data.a.b`, `metadata.user_id` or `key`. `undefined` if it is not one. */
export function parseFieldPath(text: string): FieldPath | undefined {
  if (text === 'key') return { text, root: 'key', names: [] }
  const [root, ...names] = text.split('.')
  if ((root !== 'data' && root !== 'metadata') || names.length === 0 || names.includes('')) return undefined
  if (root === 'metadata' && names.length > 1) return undefined
  return { text, root, names }
}

export type Changed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

/**
 * Returns a copy of a value in which the field at a path is replaced by what `change` returns. `change` gets `undefined` for a
 * field that is missing, and may return `undefined` to leave it out. An array on the way applies the rest to each element.
 */
export function changeAt(value: unknown, names: readonly string[], change: (value: unknown) => Changed): Changed {
  const [name, ...rest] = names
  if (name === undefined) return change(value)
  if (Array.isArray(value)) {
    const elements: unknown[] = []
    for (const element of value) {
      const changed = changeAt(element, names, change)
      if (!changed.ok) return changed
      elements.push(changed.value)
    }
    return { ok: true, value: elements }
  }
  if (!isObject(value)) {
    const missing = change(undefined)
    if (missing.ok && missing.value === undefined) return { ok: true, value }
    return missing.ok ? { ok: false, reason: `${name} is not in an object` } : missing
  }
  const changed = changeAt(Object.hasOwn(value, name) ? value[name] : undefined, rest, change)
  if (!changed.ok) return changed
  if (changed.value === undefined) return { ok: true, value }
  return { ok: true, value: withField(value, name, changed.value) }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !(value instanceof Date)

/** Sets a field of a copy. A name such as `__proto__` is a name like any other. */
function withField(object: Readonly<Record<string, unknown>>, name: string, value: unknown): Record<string, unknown> {
  return Object.defineProperty({ ...object }, name, { value, enumerable: true, writable: true, configurable: true })
}
