import { printable } from './printable.ts'

/**
 * Columns padded to their widest cell, two spaces apart. Headers hold no spaces and an absent value is `-`, so the
 * lines stay parseable by `awk`. Numbers line up on the right.
 */
export function formatTable(
  headers: readonly string[],
  rows: readonly (readonly (string | number | bigint)[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => printable(String(cell)) || '-'))
  const widths = headers.map((header, column) =>
    cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), header.length),
  )
  const right = headers.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] !== 'string'))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${[headers, ...cells].map(line).join('\n')}\n`
}
