/**
 * Matches a key that has an escape, and captures its JSON text. A quote that follows `{` or `,` begins a string: within a string, a
 * quote follows a backslash.
 */
const ESCAPED_KEY = /(?<=[{,]\s*)"([^"\\]*\\.(?:[^"\\]|\\.)*)"(?=\s*:)/g

/** Recursion limit. Callers refuse values that are nested as deeply. */
const MAX_DEPTH = 1000

type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown

/**
 * Parses JSON with all its keys. V8 13.6, which is in Node 24, takes a key with an escape for an earlier key in the same place if the
 * earlier one begins like the text of the later one: `"\n"` for `\`, after an object with the key `\`. The parser gets such keys in
 * another form, without escapes.
 */
export function parseJsonKeys(text: string, reviver?: Reviver): unknown {
  if (!text.includes('\\') || !mistakesKeys()) return JSON.parse(text, reviver)
  const prefix = keyPrefix()
  const safe = text.replaceAll(ESCAPED_KEY, (_, key: string) => `"${prefix}${Buffer.from(key).toString('hex')}"`)
  const value: unknown = JSON.parse(safe, reviver)
  return safe === text ? value : withKeys(value, prefix, 0)
}

function withKeys(value: unknown, prefix: string, depth: number): unknown {
  if (value === null || typeof value !== 'object' || depth > MAX_DEPTH) return value
  if (Array.isArray(value)) return value.map((item) => withKeys(item, prefix, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [toKey(key, prefix), withKeys(item, prefix, depth + 1)]),
  )
}

/** Returns the key of the text. A string that is not a key is parsed correctly. */
function toKey(key: string, prefix: string): string {
  if (!key.startsWith(prefix)) return key
  return JSON.parse(`"${Buffer.from(key.slice(prefix.length), 'hex')}"`)
}

let mistakes: boolean | undefined

/** Whether this JavaScript engine mistakes keys. */
function mistakesKeys(): boolean {
  if (mistakes === undefined) {
    // It does after a key that no other object has.
    const first = `"${keyPrefix()}":0`
    JSON.parse(`{${first},"\\\\":1}`)
    mistakes = !Object.hasOwn(JSON.parse(`{${first},"\\n":1}`), '\n')
  }
  return mistakes
}

let randomPrefix: string | undefined

/** Returns a text that no key begins with, because it is unpredictable. */
function keyPrefix(): string {
  randomPrefix ??= `${crypto.randomUUID()}:`
  return randomPrefix
}
