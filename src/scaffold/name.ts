/** A name as a list of lowercase words, such as `order` and `line`. {@link spellings} joins them. */
export interface Name {
  readonly words: readonly string[]
}

/** A word begins with a letter, so that every spelling of a name can be split into words again. */
const WORD = /^[a-z][a-z0-9]*$/

/** Parses `order-line`, `order_line`, `orderLine` or `OrderLine`. Returns `undefined` for any other text. */
export function parseName(text: string): Name | undefined {
  const joined = /[-_]/.test(text) ? text : text.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-')
  const words = joined.split(/[-_]/).map((word) => word.toLowerCase())
  // Such as `Order-Line`; `ORDER_LINE` is allowed.
  const isMixed = /[-_]/.test(text) && /[A-Z]/.test(text) && text !== text.toUpperCase()
  return words.every((word) => WORD.test(word)) && !isMixed ? { words } : undefined
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/**
 * The spellings of a name. Several spellings of one word are the same text: `order` is snake, kebab, camel and plain. Templates
 * then use the first spelling in this list, because a single word is most often the name of a field.
 */
export const spellings = {
  snake: ({ words }: Name) => words.join('_'),
  kebab: ({ words }: Name) => words.join('-'),
  screaming: ({ words }: Name) => words.join('_').toUpperCase(),
  pascal: ({ words }: Name) => words.map(capital).join(''),
  camel: ({ words: [first = '', ...more] }: Name) => first + more.map(capital).join(''),
  /** Inside a sentence. */
  plain: ({ words }: Name) => words.join(' '),
  /** At the beginning of a sentence. */
  sentence: ({ words }: Name) => capital(words.join(' ')),
} as const

export type Spelling = keyof typeof spellings

/** Returns whether two names have the same words. */
export const isSameName = (a: Name, b: Name): boolean => a.words.join(' ') === b.words.join(' ')

const keywords = new Set(
  [
    // Words of TypeScript, including those that a strict module must not declare.
    'abstract any arguments as async await bigint boolean break case catch class const continue debugger declare default delete do',
    'else enum eval export extends false finally for function get if implements import in instanceof interface is keyof let module',
    'namespace never new null number object of package private protected public readonly return set static string super switch',
    'symbol this throw true try type typeof undefined unique unknown using var void while with yield',
    // Words of Rust, including reserved words.
    'become box crate dyn extern fn final gen impl loop macro match mod move mut override priv pub ref self trait unsafe unsized',
    'use virtual where union auto bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 option result vec box',
  ].flatMap((line) => line.split(' ')),
)

/** Names that Windows reserves for devices, with any extension. Files with such names cannot be checked out on Windows. */
const devices = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/

/** Topics and files add a suffix to the name, and must stay below the limits of Kafka and of file systems. */
const MAX_NAME_LENGTH = 64

/** Returns why a text cannot be a name in a service, or `undefined` if it can. */
export function whyNoName(text: string): string | undefined {
  if (text === '') return 'the name is empty'
  if (text.length > MAX_NAME_LENGTH) return `the name is longer than ${MAX_NAME_LENGTH} characters`
  const name = parseName(text)
  if (name === undefined)
    return 'a name consists of words of letters and digits that begin with a letter, such as order-line'
  const snake = spellings.snake(name)
  if (keywords.has(snake)) return 'the name is a reserved word of TypeScript or Rust'
  if (devices.test(snake)) return 'Windows reserves the name for a device'
  return undefined
}
