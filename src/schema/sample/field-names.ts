/** The names around a value, in snake case. They suggest what the value means. */
export interface FieldNames {
  /** The name of the field, then the names of the newtypes around the value: `order_id`, `uuid_key`. */
  readonly names: readonly string[]
  /** The struct or variant that has the field. */
  readonly owner: string
}

/** What a sample value depends on, besides the random generator. */
export interface FieldContext extends FieldNames {
  /** The time of the event, in milliseconds since 1970. */
  readonly at: number
}

/** Converts a name to snake case: `customerId` and `CustomerId` become `customer_id`. */
export const snakeCase = (name: string): string =>
  name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .toLowerCase()

/** Returns a pattern for names that contain one of the words as a whole word. `words` is a pattern, such as `price|fees?`. */
export const hasWord = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})(?:_|$)`)

/** Returns a pattern for names that end with one of the words. `words` is a pattern, such as `price|fees?`. */
export const endsWithWord = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})$`)
