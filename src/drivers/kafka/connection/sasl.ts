import { inspect } from 'node:util'
import { advice } from '../../../bus/hints.ts'
import { containsSecret } from '../../contains-secret.ts'
import { KafkaFailure } from '../kafka-errors.ts'
import type { BearerToken, Sasl } from '../kafka-options.ts'
import { TOKEN_PROVIDER } from './connection-failure.ts'

/** The object that kafkajs passes to a custom SASL mechanism. */
interface KafkaJsLogin {
  saslAuthenticate(step: {
    readonly request: { encode(): Promise<Buffer> }
    readonly response: { decode(bytes: Buffer): Promise<Buffer>; parse(bytes: Buffer): Promise<Buffer> }
  }): Promise<Buffer>
}

/** Separates key-value pairs in a message of OAUTHBEARER (RFC 7628). */
const SEPARATOR = '\u0001'

/** Matches a token: visible ASCII characters. */
const TOKEN = /^[\x21-\x7e]+$/

/**
 * Converts a login to the options of kafkajs. Returns a new object, because kafkajs may add fields. OAUTHBEARER is implemented
 * here, because kafkajs ignores the answer of the broker, so that a refused token would only show as a connection that closes
 * later.
 *
 * @param onWait Called with a name when the login waits for something other than the broker, and with `undefined` afterwards.
 */
export function toKafkaJsSasl(sasl: Sasl, onWait: (waitsFor: string | undefined) => void): object {
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl }
  return {
    mechanism: sasl.mechanism,
    authenticationProvider: ({ saslAuthenticate }: KafkaJsLogin) => ({
      authenticate: async () => {
        onWait('the token provider')
        const token = await provideToken(sasl.oauthBearerProvider)
        onWait(undefined)
        const secrets = [token.value, ...Object.values(token.extensions ?? {})]
        const send = async (message: string): Promise<string> => {
          const bytes = Buffer.from(message)
          const length = Buffer.alloc(4)
          length.writeInt32BE(bytes.length)
          const answer = await saslAuthenticate({
            request: { encode: async () => Buffer.concat([length, bytes]) },
            response: { decode: async (own) => own, parse: async (own) => own },
          })
          return answer.toString('utf8', 4)
        }
        const extensions = Object.entries(token.extensions ?? {}).map(([name, value]) => `${name}=${value}${SEPARATOR}`)
        const login = `n,,${SEPARATOR}auth=Bearer ${token.value}${SEPARATOR}${extensions.join('')}${SEPARATOR}`
        const refusal = await send(login).catch((error: unknown) => {
          throw containsSecret(String(error), secrets) ? tokenRefused('', secrets) : error
        })
        if (refusal === '') return
        // RFC 7628, 3.2.3: the client answers a refusal with one separator, and the broker fails the login.
        await send(SEPARATOR).catch((error: unknown) => {
          throw tokenRefused(refusal, secrets, error)
        })
        throw tokenRefused(refusal, secrets)
      },
    }),
  }
}

async function provideToken(
  provide: Extract<Sasl, { mechanism: 'oauthbearer' }>['oauthBearerProvider'],
): Promise<BearerToken> {
  const hints = TOKEN_PROVIDER
  let token: Partial<BearerToken> | undefined
  try {
    token = await provide()
  } catch (error) {
    const reason = reasonOf(error)
    throw new KafkaFailure('authentication', `the token provider failed: ${reason}`, { cause: error, hints })
  }
  const { value, extensions } = token ?? {}
  if (typeof value === 'string' && value !== '') {
    // Other characters would end the token, or add fields to the message of the login (RFC 6750, 2.1 and RFC 7628, 3.1).
    if (TOKEN.test(value)) return { value, extensions }
    const problem = 'the token has a line break, a space or another character that no token may have'
    throw new KafkaFailure('authentication', problem, { hints })
  }
  throw new KafkaFailure(
    'authentication',
    'the token provider did not return a token: it must resolve to { value: string }',
    {
      hints,
    },
  )
}

/** Returns the message of a value that a token provider has thrown. Some clients of identity providers throw plain objects. */
function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  const { message } = (thrown ?? {}) as { readonly message?: unknown }
  return typeof message === 'string' && message !== '' ? message : inspect(thrown)
}

/**
 * Builds the error for a token that the broker refused. `refusal` is the broker's JSON with a status, such as `invalid_token`.
 * Leaves out a reason that contains one of the secrets.
 */
function tokenRefused(refusal: string, secrets: readonly string[], cause?: unknown): KafkaFailure {
  let status: unknown
  try {
    status = JSON.parse(refusal).status
  } catch {
    // Not JSON: show the refusal unchanged.
  }
  const reason = typeof status === 'string' ? status : refusal
  const isShown = reason !== '' && !containsSecret(reason, secrets)
  return new KafkaFailure('authentication', `refused the token${isShown ? `: ${reason}` : ''}`, {
    cause: containsSecret(String(cause), secrets) ? undefined : cause,
    isBroker: true,
    hints: [advice('check that the token has not expired, and that the broker accepts its issuer, audience and scope')],
  })
}
