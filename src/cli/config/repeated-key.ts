interface RepeatedKey {
  readonly key: string
  /** Counted from 1. */
  readonly line: number
}

/** Finds a key that an object has twice, of which `JSON.parse` takes the last. The text must be JSON. */
export function findRepeatedKey(text: string): RepeatedKey | undefined {
  const objects: Set<string>[] = []
  for (const { 0: token, 1: colon, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g)) {
    if (token === '{') objects.push(new Set())
    else if (token === '}') objects.pop()
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, -colon.length))
      const keys = objects.at(-1)
      if (keys?.has(key)) return { key, line: text.slice(0, index).split('\n').length }
      keys?.add(key)
    }
  }
  return undefined
}
