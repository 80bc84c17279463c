import { cellWidth } from './cell-width.ts'

/**
 * Breaks a text at its spaces so that each line fits into `columns` cells, after a head of the first line that is not broken. All
 * lines after the first are indented by the width of the head. A longer word gets a line of its own, unbroken.
 */
export function wrap(head: string, text: string, columns: number): string {
  return wrapWords(head, text.split(' '), columns)
}

/** The beginning of a notice below which its other lines begin. */
const noticeHead = /^(?:note: |warning: | *)/
/** The command that ends a sentence, after a colon. */
const lastCommand = /(?<=: )(?:crbus|kafka-[a-z-]+\.sh) .*$/
/** A word; a quoted text belongs to it with its spaces. Between two spaces is an empty word. */
const word = /(?:(?<=^|[ (])(?:"[^"]*"|'[^']*')|[^ ])+|(?<= )(?= )/g

/** Breaks a notice at its spaces, as {@link wrap} does. Leaves commands and quoted texts unbroken, because users copy them. */
export function wrapNotice(text: string, columns: number): string {
  if (text.startsWith('$ ')) return text
  const [head = ''] = text.match(noticeHead) ?? []
  const command = text.match(lastCommand)?.[0]
  const sentence = text.slice(head.length, command === undefined ? undefined : -command.length).trimEnd()
  const words = [...(sentence.match(word) ?? []), ...(command === undefined ? [] : [command])]
  return wrapWords(head, words, columns)
}

function wrapWords(head: string, [first = '', ...words]: readonly string[], columns: number): string {
  const indent = cellWidth(head)
  const lines = [first]
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`
    if (indent + cellWidth(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return `${head}${lines.join(`\n${' '.repeat(indent)}`)}`
}
