import { parseJson } from '../../../codecs/json.ts'

/** The topic that a line names. */
export type LineTopic = string | undefined

/** The begin of a line that crbus has printed. */
const FIRST_FIELD = /^\{"topic":"([\w.-]{1,249})"/

/** Returns the topic that a line of JSON names; `undefined` if it names none. Reads only the begin of a line of crbus. */
export function topicOfLine(line: string): LineTopic {
  const found = FIRST_FIELD.exec(line)?.[1]
  if (found !== undefined) return found
  const parsed = parseJson(line)
  const topic = parsed.ok ? (parsed.value as { readonly topic?: unknown } | null)?.topic : undefined
  return typeof topic === 'string' ? topic : undefined
}
