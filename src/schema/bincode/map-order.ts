/**
 * A JavaScript object puts keys that look like array indexes first, in the order of their numbers; Rust's HashMap has
 * them as they come. Where that differs the object's own order on the wire is kept beside it, so that a decoded value
 * encodes to the same bytes.
 */
const wireOrders = new WeakMap<object, readonly string[]>()

const mostIndex = 2 ** 32 - 2

const isArrayIndex = (key: string): boolean => {
  const first = key.charCodeAt(0)
  if (!(first >= 0x30 && first <= 0x39) || key.length > 10) return false
  const number = Number(key)
  return number <= mostIndex && `${number}` === key
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

/** Whether the encoder would not trust the object's order: it sorts such keys of a map that Rust keeps sorted. */
export const mixesIndexes = (keys: readonly string[]): boolean => keys.some(isArrayIndex)

export const isSorted = (map: string): boolean => map.startsWith('BTree')

export function rememberOrder(map: object, keys: readonly string[]): void {
  wireOrders.set(map, keys)
}

/** The order remembered, unless keys have come or gone since. */
export function rememberedOrder(map: object, keys: readonly string[]): readonly string[] | undefined {
  const order = wireOrders.get(map)
  return order?.length === keys.length && order.every((key) => Object.hasOwn(map, key)) ? order : undefined
}
