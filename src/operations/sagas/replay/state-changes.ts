/** A part of a state that a step changed. An absent value is `undefined`: the part did not exist before, or does not exist now. */
export interface StateChange {
  /** The path in the state: `steps.payment` or `items[2]`. Empty for the whole state. */
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

/** The most changes of a step that are kept. A step of a saga changes a few fields. */
const MAX_CHANGES = 100
/** The deepest part of a state that is compared and shown; below, a state may even contain itself. */
const MAX_DEPTH = 20
/** The most items of a list or an object that are shown. */
const MAX_ITEMS = 1000

/** Compares two states as {@link plainState} returns them. */
export function stateChanges(before: unknown, after: unknown): readonly StateChange[] {
  const changes: StateChange[] = []
  compare('', before, after, changes)
  return changes
}

function compare(path: string, before: unknown, after: unknown, changes: StateChange[]): void {
  if (changes.length >= MAX_CHANGES || Object.is(before, after)) return
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1) {
      compare(`${path}[${index}]`, before[index], after[index], changes)
    }
    return
  }
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const own = (object: Readonly<Record<string, unknown>>) => (Object.hasOwn(object, key) ? object[key] : undefined)
      compare(path === '' ? key : `${path}.${key}`, own(before), own(after), changes)
    }
    return
  }
  changes.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Returns a state as JSON has it. Large integers become their digits, dates RFC 3339, bytes base64, maps objects and sets lists. What
 * JSON cannot express becomes a text that names it.
 */
export function plainState(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return value === undefined ? undefined : `[${typeof value}]`
  if (depth > MAX_DEPTH) return '[deeper]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, MAX_ITEMS).map((item) => plainState(item, depth + 1) ?? null)
  }
  const entries = value instanceof Map ? [...value].map(([key, item]) => [String(key), item]) : Object.entries(value)
  const plain = entries.slice(0, MAX_ITEMS).map(([key, item]) => [key, plainState(item, depth + 1)] as const)
  return Object.fromEntries(plain.filter(([, item]) => item !== undefined))
}
