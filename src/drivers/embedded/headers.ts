import type { Header } from '../../bus/record.ts'

/** Encodes record headers for the `headers` column: JSON pairs with the values in base64. */
export const writeHeaders = (headers: readonly Header[]): string =>
  JSON.stringify(headers.map(([name, value]) => [name, value && Buffer.from(value).toString('base64')]))

/** Decodes the `headers` column. */
export const readHeaders = (text: string): Header[] =>
  (JSON.parse(text) as [string, string | null][]).map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value, 'base64'),
  ])
