import { cellWidth } from './cell-width.ts'

/**
 * Breaks a text at its spaces so that each line fits into `columns` cells, after a head of the first line that is not broken. All
 * lines after the first are indented by the width of the head. A longer word gets a line of its own, unbroken.
 */
export function wrap(head: string, text: string, columns: number): string {
  const indent = cellWidth(head)
  const [first = '', ...words] = text.split(' ')
  const lines = [first]
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`
    if (indent + cellWidth(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return `${head}${lines.join(`\n${' '.repeat(indent)}`)}`
}
