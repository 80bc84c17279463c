/**
 * `failed_events` has no column for the topic, without which nobody could send the event again, and none that tells a
 * rejected command from a failure: they are the first lines of `error_details`.
 */
export function writeDetails(topic: string | undefined, details: string | undefined): string | null {
  if (topic === undefined) return details ?? null
  return details === undefined ? `topic: ${topic}` : `topic: ${topic}\n${details}`
}

/** The first lines of a rejected command's details, which tell it from every other of its stream. */
export const rejectedHead = (topic: string | undefined, messageId: string): string =>
  `${topic === undefined ? '' : `topic: ${topic}\n`}rejected: ${messageId}\n`

interface Details {
  readonly topic?: string
  readonly rejected?: string
  readonly details?: string
}

export function readDetails(text: string | null): Details {
  if (text === null) return {}
  const [head = '', topic, rejected] = /^(?:topic: (.+)(?:\n|$))?(?:rejected: (\S+)(?:\n|$))?/.exec(text) ?? []
  const details = text.slice(head.length)
  const hasDetails = rejected === undefined ? head === '' || head.endsWith('\n') : details !== ''
  // A service's own details may begin with such lines, and are read the same way.
  return {
    ...(topic !== undefined && { topic }),
    ...(rejected !== undefined && { rejected }),
    ...(hasDetails && { details }),
  }
}
