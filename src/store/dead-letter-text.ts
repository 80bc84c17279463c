/**
 * Writes the text of `error_details`. `failed_events` has no columns for the topic, which is needed to send the event again, and
 * for the message id of a rejected command, so these are the first lines of the text.
 */
export function writeDetails(topic: string | undefined, details: string | undefined): string | null {
  if (topic === undefined) return details ?? null
  return details === undefined ? `topic: ${topic}` : `topic: ${topic}\n${details}`
}

/** Returns the first lines of a rejected command's details, which identify it among the dead letters of its stream. */
export const rejectedHead = (topic: string | undefined, messageId: string): string =>
  `${topic === undefined ? '' : `topic: ${topic}\n`}rejected: ${messageId}\n`

interface Details {
  readonly topic?: string
  readonly rejected?: string
  readonly details?: string
}

/** Reads the parts of an `error_details` text. */
export function readDetails(text: string | null): Details {
  if (text === null) return {}
  const [head = '', topic, rejected] = /^(?:topic: (.+)(?:\n|$))?(?:rejected: (\S+)(?:\n|$))?/.exec(text) ?? []
  const details = text.slice(head.length)
  const hasDetails = rejected === undefined ? head === '' || head.endsWith('\n') : details !== ''
  // Details that a service wrote itself may begin with such lines, and are read the same way.
  return {
    ...(topic !== undefined && { topic }),
    ...(rejected !== undefined && { rejected }),
    ...(hasDetails && { details }),
  }
}
