import { networkCause } from '../../../bus/network/network-cause.ts'
import { containsSecret } from '../../../drivers/contains-secret.ts'
import { UsageError } from '../../errors.ts'
import { hint } from '../../suggestions.ts'
import type { ClientCredentials } from './resolve-security.ts'

/** How long to wait for a token. */
const TOKEN_TIMEOUT_MS = 10_000

/** The longest answer that is read. Tokens have a few kB. */
const MAX_ANSWER_BYTES = 256 * 1024

/**
 * Requests a token with the client-credentials grant of OAuth 2 (RFC 6749, 4.4). Follows no redirect, which would send the client
 * secret to another server. Throws a `UsageError` with the reason of the server, unless it repeats the secret.
 */
export async function clientCredentialsToken(
  { tokenUrl, clientId, scope }: Pick<ClientCredentials, 'tokenUrl' | 'clientId' | 'scope'>,
  clientSecret: string,
): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scope !== undefined) body.set('scope', scope)
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  let response: Response
  let text: string
  try {
    response = await fetch(tokenUrl, {
      method: 'POST',
      body,
      headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
    })
    text = await readAtMost(response, MAX_ANSWER_BYTES)
  } catch (error) {
    throw new UsageError(`${originOf(tokenUrl)} cannot be reached for a token: ${reasonOf(error)}`, [
      hint('check sasl.tokenUrl, and that this machine reaches the server'),
    ])
  }
  const answer = parseAnswer(text)
  if (response.ok && typeof answer.access_token === 'string' && answer.access_token !== '') return answer.access_token
  const { error, error_description: description } = answer
  const reason = [error, description].filter((part) => typeof part === 'string' && part !== '').join(': ')
  // A server may repeat what it was sent.
  const isShown = reason !== '' && !containsSecret(reason, [clientSecret])
  throw new UsageError(`${originOf(tokenUrl)} returned no token: ${isShown ? reason : `status ${response.status}`}`, [
    hint('check sasl.clientId, sasl.clientSecret and sasl.scope'),
  ])
}

/** Returns when a JSON Web Token expires, in milliseconds since 1970; `undefined` for another kind of token. */
export function expiryOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}

/** Returns scheme, host and port of a URL, because path and query may hold secrets. */
const originOf = (url: string): string => URL.parse(url)?.origin ?? 'the token server'

function reasonOf(error: unknown): string {
  const { name, cause, message } = error as Error
  if (name === 'TimeoutError') return `no answer within ${TOKEN_TIMEOUT_MS / 1000} s`
  // The message of `fetch` is always "fetch failed".
  return networkCause(error) ?? (cause instanceof Error ? cause.message : message)
}

async function readAtMost(response: Response, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > limit) return ''
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function parseAnswer(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
