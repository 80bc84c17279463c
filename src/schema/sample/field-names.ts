/** The names around a value, which say what the value may mean. All are in snake case. */
export interface FieldNames {
  /** The field, then the newtypes around the value: `order_id`. */
  readonly names: readonly string[]
  /** The struct or variant that has the field. */
  readonly owner: string
}

/** What a sample value is made from, besides chance. */
export interface FieldContext extends FieldNames {
  /** The time of the event, in milliseconds since 1970. */
  readonly at: number
}

/** Normalizes a name: `customerId`, `CustomerId` and `customer_id` are the same. */
export const snakeCase = (name: string): string =>
  name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .toLowerCase()

/** Matches names that contain one of these words as a whole word. */
export const hasWord = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})(?:_|$)`)

/** Matches names that end with one of these words. */
export const endsWithWord = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})$`)
