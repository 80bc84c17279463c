/**
 * Returns the text for the column `error_details` of the table `failed_events`. The table has no columns for the topic and the record
 * key, which are needed to send the event again, and for the message id of a rejected command, so the first lines of the text
 * contain them. A key is stored only with a topic.
 */
export function writeDetails(topic: string | undefined, details: string | undefined, key?: string): string | null {
  if (topic === undefined) return details ?? null
  // As JSON, because a key may contain line breaks.
  const lines = [`topic: ${topic}`, ...(key === undefined ? [] : [`key: ${JSON.stringify(key)}`])].join('\n')
  return details === undefined ? lines : `${lines}\n${details}`
}

/**
 * Returns the first lines of the details of a rejected command, which identify the command among the dead letters of its stream.
 */
export const rejectedHead = (topic: string | undefined, messageId: string): string =>
  `${topic === undefined ? '' : `topic: ${topic}\n`}rejected: ${messageId}\n`

/** How the notes of a dead letter begin while its event is sent again, and after that. */
export const CLAIM_NOTES = '{"claim":'
export const RETRIED_NOTES = 'retried to '

/**
 * Returns the SQL condition that the event of a dead letter was sent again, or is being sent. A command that its aggregate then
 * rejects again adds another dead letter, although one for its message id exists. `startsWith` returns the SQL condition that
 * the notes begin with a text.
 */
export const isSentAgain = (startsWith: (text: string) => string): string =>
  `(status = 'resolved' AND ${startsWith(RETRIED_NOTES)} OR status = 'processing' AND ${startsWith(CLAIM_NOTES)})`

interface Details {
  readonly topic?: string
  readonly key?: string
  readonly rejected?: string
  readonly details?: string
}

/**
 * Reads the parts of an `error_details` text. Details that a service wrote itself may begin with the same lines, and are read the
 * same way.
 */
export function readDetails(text: string | null): Details {
  if (text === null) return {}
  const [head = '', topic, keyText, rejected] =
    /^(?:topic: (.+)(?:\n|$)(?:key: ("(?:[^"\\\n]|\\.)*")(?:\n|$))?)?(?:rejected: (\S+)(?:\n|$))?/.exec(text) ?? []
  const key = keyText === undefined ? undefined : readKey(keyText)
  const details = text.slice(head.length)
  // Without details, the last line of the head has no line break; the line of the message id always has one.
  const hasDetails = rejected === undefined ? head === '' || head.endsWith('\n') : details !== ''
  return {
    ...(topic !== undefined && { topic }),
    ...(key !== undefined && { key }),
    ...(rejected !== undefined && { rejected }),
    ...(hasDetails && { details }),
  }
}

/** Returns the key, or `undefined` for a text that only looks like one. */
function readKey(json: string): string | undefined {
  try {
    return JSON.parse(json) as string
  } catch {
    return undefined
  }
}
