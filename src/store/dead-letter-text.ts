/**
 * `failed_events` has no column for the topic, without which nobody could send the event again: it is the first line of
 * `error_details`.
 */
export function writeDetails(topic: string | undefined, details: string | undefined): string | null {
  if (topic === undefined) return details ?? null
  return details === undefined ? `topic: ${topic}` : `topic: ${topic}\n${details}`
}

export function readDetails(text: string | null): { readonly topic?: string; readonly details?: string } {
  if (text === null) return {}
  const [line, topic] = /^topic: (.+)\n?/.exec(text) ?? []
  if (line === undefined || topic === undefined) return { details: text }
  const details = text.slice(line.length)
  // A service's own details may begin so, too, and are none the worse for it.
  return line.endsWith('\n') ? { topic, details } : { topic }
}
