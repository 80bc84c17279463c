/**
 * The order of the keys in the bytes, for decoded maps, so that a decoded map encodes to the same bytes. An entry exists only
 * where the object alone does not determine the order: JavaScript lists keys that look like array indexes first, sorted by
 * number, while Rust writes a HashMap in any order.
 */
const wireOrders = new WeakMap<object, readonly string[]>()

const MAX_ARRAY_INDEX = 2 ** 32 - 2

const isArrayIndex = (key: string): boolean => {
  const first = key.charCodeAt(0)
  if (!(first >= 0x30 && first <= 0x39) || key.length > 10) return false
  const number = Number(key)
  return number <= MAX_ARRAY_INDEX && `${number}` === key
}

/** Whether an object lists these keys in another order than they were added in. */
export function losesOrder(keys: readonly string[]): boolean {
  let hasOtherKey = false
  let lastIndex = -1
  for (const key of keys) {
    if (!isArrayIndex(key)) hasOtherKey = true
    else if (hasOtherKey || Number(key) < lastIndex) return true
    else lastIndex = Number(key)
  }
  return false
}

/** Whether a key looks like an array index. For a sorted map with such keys and no remembered order, the encoder sorts the keys. */
export const hasIndexKey = (keys: readonly string[]): boolean => keys.some(isArrayIndex)

/** Whether Rust keeps the keys of this collection sorted. */
export const isSortedMap = (name: string): boolean => name.startsWith('BTree')

export function rememberOrder(map: object, keys: readonly string[]): void {
  wireOrders.set(map, keys)
}

/** The remembered order of the keys; `undefined` if there is none, or if keys were added or removed since. */
export function rememberedOrder(map: object, keys: readonly string[]): readonly string[] | undefined {
  const order = wireOrders.get(map)
  return order?.length === keys.length && order.every((key) => Object.hasOwn(map, key)) ? order : undefined
}
