import { printable } from '../text/printable.ts'

/** Formats the changed lines of a payload with some lines around them, as `diff -u` does without its header. */
export async function payloadDiff(before: string, after: string): Promise<readonly string[]> {
  const { structuredPatch } = await import('diff')
  const { hunks } = structuredPatch('', '', `${before.trim()}\n`, `${after.trim()}\n`, '', '', { context: 2 })
  return hunks.flatMap(({ lines }) => lines.map(printable))
}
