/** Words that an identifier can only be with `r#` in front, in any edition of Rust. */
const keywords = new Set(
  [
    'as async await break const continue dyn else enum extern false fn for gen if impl in let loop match mod move mut pub ref',
    'return static struct trait true type unsafe use where while yield abstract become box do final macro override priv try',
    'typeof unsized virtual',
  ].flatMap((line) => line.split(' ')),
)

/** Words that cannot be identifiers at all, and `str`, which serde's derives refer to. */
const refused = new Set(['_', 'self', 'Self', 'super', 'crate', 'str'])

/** Whether a text is an identifier of Rust, apart from keywords. Rust compares identifiers in this normal form. */
const isIdentifier = (text: string): boolean =>
  /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(text) && text.normalize('NFC') === text

/** Names in one scope of Rust: each name of a schema gets an identifier of its own. */
export class Identifiers {
  readonly #taken = new Set<string>()
  readonly #of = new Map<string, string>()

  /** The names that are used, without `r#`. */
  has(name: string): boolean {
    return this.#taken.has(name)
  }

  /** Gives a name an identifier: the name itself if possible, else one made by `make`, with a number if it is taken. */
  add(name: string, make: (name: string) => string = withUnderscores): string {
    const base = isIdentifier(name) && !refused.has(name) ? name : toIdentifier(make(name))
    let plain = base
    for (let count = 2; this.#taken.has(plain); count += 1) plain = `${base}_${count}`
    this.#taken.add(plain)
    const identifier = keywords.has(plain) ? `r#${plain}` : plain
    this.#of.set(name, identifier)
    return identifier
  }

  /** Gives identifiers to the names of a scope. Names that are identifiers keep theirs, so they come first. */
  addAll(names: readonly string[], make?: (name: string) => string): void {
    const isKept = (name: string) => isIdentifier(name) && !refused.has(name)
    for (const name of [...names.filter(isKept), ...names.filter((one) => !isKept(one))]) this.add(name, make)
  }

  /** The identifier of a name that was added. */
  of(name: string): string {
    return this.#of.get(name) ?? name
  }
}

/** Makes an identifier for a field or a variant: `order-id` → `order_id`. */
const withUnderscores = (name: string): string => {
  const text = name.normalize('NFC').replaceAll(/\P{XID_Continue}/gu, '_')
  return /^[\p{XID_Start}_]/u.test(text) ? text : `_${text}`
}

/** Makes the name of a type from a name with a path or type arguments: `Page<LineItem>` → `PageLineItem`. */
export const typeIdentifier = (name: string): string =>
  name
    .normalize('NFC')
    .split(/(?:\P{XID_Continue}|_)+/u)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

/** Makes a text without other characters than those of identifiers an identifier. */
function toIdentifier(text: string): string {
  if (/^_*$/.test(text)) return 'unnamed'
  if (refused.has(text)) return `${text}_`
  return isIdentifier(text) ? text : `_${text}`
}

/** Formats a text as a string literal of Rust. Invisible characters are escaped, because rustc refuses some of them. */
export const rustString = (text: string): string =>
  `"${text
    .toWellFormed()
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)}"`
