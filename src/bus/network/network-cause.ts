/** What went wrong in the network, by the error code of Node. */
const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  EADDRNOTAVAIL: 'the address does not belong to this machine',
}

/** Returns in words why a request failed in the network; `undefined` for another error. Looks also at the causes of the error. */
export function networkCause(error: unknown): string | undefined {
  // A host with several addresses fails with an error for each of them.
  if (error instanceof AggregateError) return networkCause(error.errors[0])
  if (!(error instanceof Error)) return undefined
  const { code = '' } = error as NodeJS.ErrnoException
  return Object.hasOwn(causes, code) ? causes[code] : networkCause(error.cause)
}
