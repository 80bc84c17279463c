/** Something's name as its words, all in lower case: `order line`. How they are joined depends on where it stands. */
export interface Name {
  readonly words: readonly string[]
}

/** Letters and digits that begin with a letter, so that every spelling can be taken apart again. */
const WORD = /^[a-z][a-z0-9]*$/

/** The words of `order-line`, `order_line`, `orderLine` or `OrderLine`; `undefined` when it is none of these. */
export function parseName(text: string): Name | undefined {
  const joined = /[-_]/.test(text) ? text : text.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-')
  const words = joined.split(/[-_]/).map((word) => word.toLowerCase())
  const isMixed = /[-_]/.test(text) && /[A-Z]/.test(text) && text !== text.toUpperCase()
  return words.every((word) => WORD.test(word)) && !isMixed ? { words } : undefined
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** How a name is written. What several would write alike is the first of these: a word alone in a template is a field's. */
export const spellings = {
  snake: ({ words }: Name) => words.join('_'),
  kebab: ({ words }: Name) => words.join('-'),
  screaming: ({ words }: Name) => words.join('_').toUpperCase(),
  pascal: ({ words }: Name) => words.map(capital).join(''),
  camel: ({ words: [first = '', ...more] }: Name) => first + more.map(capital).join(''),
  /** In prose. */
  plain: ({ words }: Name) => words.join(' '),
  sentence: ({ words }: Name) => capital(words.join(' ')),
} as const

export type Spelling = keyof typeof spellings

/** `orderLine` of a name given in any spelling, for comparing two. */
export const isSameName = (a: Name, b: Name): boolean => a.words.join(' ') === b.words.join(' ')

const keywords = new Set(
  [
    // TypeScript, with what a strict module does not let one declare.
    'abstract any arguments as async await bigint boolean break case catch class const continue debugger declare default delete do',
    'else enum eval export extends false finally for function get if implements import in instanceof interface is keyof let module',
    'namespace never new null number object of package private protected public readonly return set static string super switch',
    'symbol this throw true try type typeof undefined unique unknown using var void while with yield',
    // Rust, with what it reserves.
    'become box crate dyn extern fn final gen impl loop macro match mod move mut override priv pub ref self trait unsafe unsized',
    'use virtual where union auto bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 option result vec box',
  ].flatMap((line) => line.split(' ')),
)

/** Names that Windows keeps for devices, whatever their extension: a file called so cannot be checked out there. */
const devices = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/

/** Longer, and a topic or a file name made of it may be more than Kafka or a file system takes. */
const LONGEST = 64

/** Why nothing in a service can be called so; `undefined` when it can. */
export function whyNoName(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if (text.length > LONGEST) return `it is longer than ${LONGEST} characters`
  const name = parseName(text)
  if (name === undefined) return 'it is not words of letters and digits that begin with a letter, such as order-line'
  const snake = spellings.snake(name)
  if (keywords.has(snake)) return 'it is a word of TypeScript or Rust'
  if (devices.test(snake)) return 'it is the name of a device on Windows'
  return undefined
}
