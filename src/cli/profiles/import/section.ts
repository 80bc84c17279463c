import type { LeftOut } from './foreign-profile.ts'

/** The reason for a setting that crbus has nothing like. */
const UNKNOWN = 'crbus does not have this setting'

/**
 * An object of a YAML file. Its keys are found in any case, because kafkactl reads them so and writes them in lower case. Remembers which keys were read, so that all others can be reported. All scalars are texts. Merges of YAML
 * (`<<: *name`) are resolved one level deep, for the objects that are read.
 */
export class Section {
  readonly #path: string
  readonly #values: ReadonlyMap<string, unknown>
  readonly #unread: Set<string>
  readonly #leftOut: LeftOut[]

  constructor(value: object, path: string, leftOut: LeftOut[]) {
    const { '<<': merge, ...own } = value as Record<string, unknown>
    const merged = (Array.isArray(merge) ? merge : [merge]).filter(isObject).toReversed()
    this.#path = path
    this.#values = new Map([...merged, own].flatMap((one) => Object.entries(one)))
    this.#unread = new Set(this.#values.keys())
    this.#leftOut = leftOut
  }

  /** Whether the object has a key, even with an empty value. Does not count as reading it. */
  has(key: string): boolean {
    return this.#find(key) !== undefined
  }

  /** Returns a text; `undefined` for an absent or empty one. */
  text(key: string): string | undefined {
    const value = this.#take(key)
    if (value === undefined || value === '') return undefined
    if (typeof value === 'string') return value
    this.leave(key, 'it is not a text')
    return undefined
  }

  flag(key: string): boolean | undefined {
    const value = this.text(key)?.toLowerCase()
    if (value === undefined || value === 'true' || value === 'false')
      return value === undefined ? undefined : value === 'true'
    this.leave(key, 'it is not true or false')
    return undefined
  }

  /** Returns a list of texts. A single text counts as a list. */
  texts(key: string): string[] {
    const value = this.#take(key)
    if (value === undefined) return []
    const list = Array.isArray(value) ? value : [value]
    const texts = list.filter((one) => typeof one === 'string')
    if (texts.length < list.length) this.leave(key, 'it is not a list of texts')
    return texts
  }

  /** Returns an object below this one. */
  section(key: string): Section | undefined {
    const value = this.#take(key)
    if (value === undefined) return undefined
    if (isObject(value)) return new Section(value, this.#name(key), this.#leftOut)
    this.leave(key, 'it is not an object')
    return undefined
  }

  /** Returns the objects of a list, or those of an object with their names. Each has a list of left-out settings of its own. */
  parts(key: string): { readonly name: string | undefined; readonly part: Section; readonly leftOut: LeftOut[] }[] {
    const value = this.#take(key)
    if (value === undefined) return []
    const isList = Array.isArray(value)
    if (!isList && !isObject(value)) this.leave(key, 'it has no parts')
    if (!isList && !isObject(value)) return []
    return Object.entries(value).flatMap(([name, part]) => {
      if (!isObject(part)) {
        this.leave(`${key}.${name}`, 'it is not an object')
        return []
      }
      const leftOut: LeftOut[] = []
      return [{ name: isList ? undefined : name, part: new Section(part, '', leftOut), leftOut }]
    })
  }

  /** Returns the objects of a list. A single object counts as a list. Items of other types are left out. */
  sections(key: string): Section[] {
    const value = this.#take(key)
    const items = Array.isArray(value) ? value : [value]
    return items.filter(isObject).map((item) => new Section(item, this.#name(key), this.#leftOut))
  }

  /** Reports a key that was read and cannot be used. */
  leave(key: string, reason: string): void {
    this.#leftOut.push({ setting: this.#name(key), reason })
  }

  /** Reports all keys that were not read. `reasons` says why, by the key; `''` as a reason keeps quiet. */
  close(reasons: Readonly<Record<string, string>> = {}): void {
    const known = new Map(Object.entries(reasons).map(([key, reason]) => [key.toLowerCase(), reason]))
    for (const key of this.#unread) {
      const reason = known.get(key.toLowerCase()) ?? UNKNOWN
      if (reason) this.leave(key, reason)
    }
  }

  #take(key: string): unknown {
    const found = this.#find(key) ?? key
    this.#unread.delete(found)
    const value = this.#values.get(found)
    // Texts, because the parser does not interpret scalars.
    return value === null || value === 'null' || value === '~' ? undefined : value
  }

  /** Returns a key as the file writes it; the exact one first. */
  #find(key: string): string | undefined {
    if (this.#values.has(key)) return key
    const lower = key.toLowerCase()
    return [...this.#values.keys()].find((one) => one.toLowerCase() === lower)
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }
}

/** Whether a value is an object and not a list. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
