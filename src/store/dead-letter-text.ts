/**
 * Returns the text for the column `error_details` of the table `failed_events`. The table has no columns for the topic, which is
 * needed to send the event again, and for the message id of a rejected command, so the first lines of the text contain them.
 */
export function writeDetails(topic: string | undefined, details: string | undefined): string | null {
  if (topic === undefined) return details ?? null
  return details === undefined ? `topic: ${topic}` : `topic: ${topic}\n${details}`
}

/**
 * Returns the first lines of the details of a rejected command, which identify the command among the dead letters of its stream.
 */
export const rejectedHead = (topic: string | undefined, messageId: string): string =>
  `${topic === undefined ? '' : `topic: ${topic}\n`}rejected: ${messageId}\n`

interface Details {
  readonly topic?: string
  readonly rejected?: string
  readonly details?: string
}

/**
 * Reads the parts of an `error_details` text. Details that a service wrote itself may begin with the same lines, and are read the
 * same way.
 */
export function readDetails(text: string | null): Details {
  if (text === null) return {}
  const [head = '', topic, rejected] = /^(?:topic: (.+)(?:\n|$))?(?:rejected: (\S+)(?:\n|$))?/.exec(text) ?? []
  const details = text.slice(head.length)
  // Without details, the line of the topic has no line break; the line of the message id always has one.
  const hasDetails = rejected === undefined ? head === '' || head.endsWith('\n') : details !== ''
  return {
    ...(topic !== undefined && { topic }),
    ...(rejected !== undefined && { rejected }),
    ...(hasDetails && { details }),
  }
}
