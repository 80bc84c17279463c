/**
 * The wire order of decoded maps, so that a decoded value encodes to the same bytes. It is kept only for objects whose
 * own order differs: JavaScript lists keys that look like array indexes first, sorted by number, while a Rust HashMap
 * is written in any order.
 */
const wireOrders = new WeakMap<object, readonly string[]>()

const MAX_ARRAY_INDEX = 2 ** 32 - 2

const isArrayIndex = (key: string): boolean => {
  const first = key.charCodeAt(0)
  if (!(first >= 0x30 && first <= 0x39) || key.length > 10) return false
  const number = Number(key)
  return number <= MAX_ARRAY_INDEX && `${number}` === key
}

/** Whether the object would list these keys in another order. */
export function losesOrder(keys: readonly string[]): boolean {
  let isOver = false
  let last = -1
  for (const key of keys) {
    if (!isArrayIndex(key)) isOver = true
    else if (isOver || Number(key) < last) return true
    else last = Number(key)
  }
  return false
}

/** Whether a key looks like an array index. The encoder sorts the keys of such a map if Rust keeps the map sorted. */
export const mixesIndexes = (keys: readonly string[]): boolean => keys.some(isArrayIndex)

export const isSorted = (map: string): boolean => map.startsWith('BTree')

export function rememberOrder(map: object, keys: readonly string[]): void {
  wireOrders.set(map, keys)
}

/** The remembered order; `undefined` if keys were added or removed since. */
export function rememberedOrder(map: object, keys: readonly string[]): readonly string[] | undefined {
  const order = wireOrders.get(map)
  return order?.length === keys.length && order.every((key) => Object.hasOwn(map, key)) ? order : undefined
}
