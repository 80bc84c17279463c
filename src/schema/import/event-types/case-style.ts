/** Splits a PascalCase or snake_case name into its words: `HTTPServer2` into `HTTP` and `Server2`. */
export const wordsOf = (name: string): readonly string[] =>
  name.match(/[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+/g) ?? [name]

/** Converts a name to a style of strum's `serialize_all`. `undefined` for a style that strum does not have. */
export function toCaseStyle(name: string, style: string): string | undefined {
  const lower = wordsOf(name).map((word) => word.toLowerCase())
  const capital = lower.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  switch (style) {
    case 'snake_case':
      return lower.join('_')
    case 'kebab-case':
    case 'kebab_case':
      return lower.join('-')
    case 'SCREAMING_SNAKE_CASE':
    case 'shouty_snake_case':
    case 'shouty_snakecase':
      return lower.join('_').toUpperCase()
    case 'SCREAMING-KEBAB-CASE':
      return lower.join('-').toUpperCase()
    case 'camelCase':
      return lower.map((word, index) => (index === 0 ? word : capital[index])).join('')
    case 'PascalCase':
      return capital.join('')
    case 'Train-Case':
      return capital.join('-')
    case 'title_case':
    case 'Title Case':
      return capital.join(' ')
    case 'lowercase':
      return name.toLowerCase()
    case 'UPPERCASE':
      return name.toUpperCase()
    default:
      return undefined
  }
}
