import type { ChalkInstance } from 'chalk'

/** A string, with the colon after it if it is the name of a field, or a number, or a word. Escapes are pairs of characters. */
const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g

/** Colors JSON text as jq does: names of fields blue, strings green, other values yellow, `null` dim. Changes no character. */
export const colorJson = (json: string, chalk: ChalkInstance): string =>
  json.replace(tokens, (token, text: string | undefined, colon: string | undefined) => {
    if (colon !== undefined) return `${chalk.blue(text)}${colon}`
    if (text !== undefined) return chalk.green(text)
    return token === 'null' ? chalk.dim(token) : chalk.yellow(token)
  })
