import type { ConnectionOptions } from 'node:tls'
import { advice, type Hint } from '../../../bus/hints.ts'
import { containsSecret } from '../../contains-secret.ts'
import { driverHints } from '../../hints.ts'
import { CHECK_BROKER, KafkaFailure } from '../kafka-errors.ts'
import type { Sasl } from '../kafka-options.ts'

/**
 * The stages of a connection: `connecting` is the TCP and TLS handshake, `greeting` the request ApiVersions, `login` the SASL
 * login. After the answer to the first request, the connection is `open`.
 */
export type ConnectionStage = 'connecting' | 'greeting' | 'login' | 'first request' | 'open'

/** The error code for a TLS alert in answer to a plain request: {@link toFailure} explains it. */
export const ANSWERS_IN_TLS = 'CRBUS_ANSWERS_IN_TLS'

/** A connection that failed, and what is known about the failure. */
interface FailedConnection {
  readonly address: string
  readonly stage: ConnectionStage
  readonly tls?: boolean | ConnectionOptions | undefined
  readonly sasl?: Sasl | undefined
  readonly error?: unknown
  /** Set instead of `error` after a time-out: the time waited, in milliseconds. */
  readonly waited?: number | undefined
  /** What the connection waited for, if not for the broker. */
  readonly waitsFor?: string | undefined
  /** Whether the address has answered a request before, on this connection or another one with the same options. */
  readonly hasWorked?: boolean | undefined
}

/** The reason of a failure. The text continues a message that begins with the address of the broker. */
interface Reason {
  readonly text: string
  readonly hints?: readonly Hint[]
}

const USE_TLS = [driverHints.connectWithTls(), driverHints.checkPort()]
const NO_TLS = [driverHints.leaveOutTls(), driverHints.checkPort()]
const USE_LOGIN = [driverHints.logIn()]
const TRUST = [driverHints.trustAuthority()]
const CLIENT_CERTIFICATE = [driverHints.giveClientCertificate()]
/** The hints for failures of the token provider. */
export const TOKEN_PROVIDER = [driverHints.checkTokenProvider()]
const LOGIN = [driverHints.checkLogin()]

const UNKNOWN_AUTHORITY: Reason = {
  text: 'has a certificate from an authority that is not trusted',
  hints: TRUST,
}
const NOT_TLS: Reason = { text: 'does not speak TLS on this port', hints: NO_TLS }

/** Node's error codes for addresses that fail permanently, so that a retry does not help. */
const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: { text: 'refused the connection' },
  ENOTFOUND: { text: 'is not a known host' },
  EAI_AGAIN: { text: 'is a host whose name cannot be resolved' },
  EHOSTUNREACH: { text: 'is not reachable from here' },
  ENETUNREACH: { text: 'is not reachable from here' },
  EPROTO: NOT_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  [ANSWERS_IN_TLS]: { text: 'expects TLS on this port, but the connection is without TLS', hints: USE_TLS },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    text: 'has a self-signed certificate that is not trusted',
    hints: [driverHints.trustCertificate()],
  },
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: {
    text: 'has a certificate that has expired',
    hints: [advice('renew the certificate of the broker'), advice('check the clock of this machine')],
  },
  CERT_NOT_YET_VALID: {
    text: 'has a certificate that is not valid yet',
    hints: [advice('check the clock of this machine and of the issuer of the certificate')],
  },
  CERT_REVOKED: {
    text: 'has a certificate that was revoked',
    hints: [advice('renew the certificate of the broker')],
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    text: 'has a certificate for another host name',
    hints: [driverHints.nameCertifiedHost(), driverHints.nameServer()],
  },
}

/** Node's codes for TLS alerts from a broker, for example `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`. */
const ALERT = /^ERR_SSL_.*ALERT_(.+)$/
/** Alerts about the client certificate. With TLS 1.2, brokers send HANDSHAKE_FAILURE when it is missing. */
const CERTIFICATE_ALERT = /CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE/

const hasClientCertificate = (tls: FailedConnection['tls']): boolean =>
  typeof tls === 'object' && (tls.cert !== undefined || tls.pfx !== undefined)

/**
 * Explains why a connection failed, by the class, code and type of the error and by the stage that the connection had reached.
 */
export function toFailure(failed: FailedConnection): KafkaFailure {
  const { address, stage, tls, error, waited, waitsFor } = failed
  if (waited !== undefined) {
    if (waitsFor !== undefined)
      return new KafkaFailure('authentication', `${waitsFor} did not answer within ${waited} ms`, {
        hints: TOKEN_PROVIDER,
      })
    const isHandshake = stage === 'connecting' && Boolean(tls)
    const text = isHandshake ? 'did not complete the TLS handshake' : 'did not answer'
    return new KafkaFailure('connection', `${address} ${text} within ${waited} ms`, {
      hints: isHandshake ? NO_TLS : undefined,
    })
  }
  const { name, code, type, message } = error as { name?: string; code?: string; type?: string; message?: string }
  const details = { cause: error }
  const isAnswer = error instanceof KafkaFailure && error.kind === 'answer'
  // The answer to ApiVersions is not a list of versions.
  if (stage === 'greeting' && isAnswer) {
    return new KafkaFailure('connection', `${address} does not answer as a Kafka broker does`, {
      ...details,
      isRefused: true,
      hints: [driverHints.checkAddress()],
    })
  }
  if (error instanceof KafkaFailure) {
    return error.isBroker ? new KafkaFailure(error.kind, `${address} ${error.message}`, error) : error
  }
  const isLogin = name === 'KafkaJSSASLAuthenticationError' || (type !== undefined && loginErrors.has(type))
  if (isLogin) {
    // kafkajs puts the mechanism before the message of the broker.
    const reason = message?.replace(/^SASL .*? authentication failed: /, '')
    const hints = type === 'ILLEGAL_SASL_STATE' ? [driverHints.leaveOutLogin()] : LOGIN
    // Only this error has a message of the broker. The others come before the password, with a message of kafkajs.
    if (type !== undefined && type !== 'SASL_AUTHENTICATION_FAILED')
      return new KafkaFailure('authentication', `${address} refused the login: ${reason}`, { ...details, hints })
    return loginFailure(`${address} refused the login`, reason, failed, hints)
  }
  const alert = code === undefined ? undefined : ALERT.exec(code)?.[1]
  if (alert !== undefined) return toAlertFailure(failed, alert)
  const isClosed = name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET' || code === 'EPIPE'
  if (isClosed) {
    const { text, hints } = whyClosed(failed)
    const isRefused = stage === 'connecting' && hints !== undefined
    return new KafkaFailure('connection', `${address} ${text}`, { ...details, hints, isRefused })
  }
  const reason = code === undefined ? undefined : reasons[code]
  if (reason !== undefined) {
    const { text, hints } = reason
    return new KafkaFailure('connection', `${address} ${text}`, { ...details, hints, isRefused: true })
  }
  if (code === undefined && stage === 'login') return loginFailure(`the login at ${address} failed`, message, failed)
  // kafkajs has caught an exception of `tls.connect`, which was thrown before anything was sent.
  const refused = stage === 'connecting' && code === undefined ? /^Failed to connect: (.*)$/s.exec(message ?? '') : null
  if (refused !== null)
    return new KafkaFailure('authentication', `cannot connect with these tls options: ${refused[1]}`, {
      ...details,
      hints: [driverHints.checkCertificates()],
    })
  return new KafkaFailure(
    'connection',
    `${address} cannot be reached${code === undefined ? '' : ` (${code})`}`,
    details,
  )
}

/** Builds the failure of a login. Leaves out a reason, and the error with it, in which the broker repeats the password. */
function loginFailure(what: string, reason: string | undefined, { sasl, error }: FailedConnection, hints?: Hint[]) {
  const secrets = sasl === undefined || sasl.mechanism === 'oauthbearer' ? [] : [sasl.password]
  if (reason === undefined || reason === '' || containsSecret(reason, secrets))
    return new KafkaFailure('authentication', what, { hints })
  return new KafkaFailure('authentication', `${what}: ${reason}`, { cause: error, hints })
}

const loginErrors: ReadonlySet<string> = new Set([
  'UNSUPPORTED_SASL_MECHANISM',
  'SASL_AUTHENTICATION_FAILED',
  'ILLEGAL_SASL_STATE',
])

/** Describes when the broker closed the connection, and the likely reason. */
function whyClosed(failed: FailedConnection): Reason {
  const text = `closed the connection${closedWhen(failed)}`
  // With options that worked before, the likely cause is a stopping broker or the network, so there is nothing to suggest.
  const guess = failed.hasWorked ? undefined : guessWhyClosed(failed)
  return guess === undefined ? { text } : { text: `${text}: ${guess.text}`, hints: guess.hints ?? [] }
}

function closedWhen({ stage, tls, sasl }: FailedConnection): string {
  if (stage === 'connecting' && tls) return ' during the TLS handshake'
  if (stage === 'greeting') return tls ? ' after the TLS handshake' : ' without an answer'
  if (stage === 'login') return ' during the login'
  return stage === 'first request' && !sasl ? ' at the first request' : ''
}

/** Returns the likely reason why a broker that never answered closed the connection, by the stage. */
function guessWhyClosed({ stage, tls, sasl }: FailedConnection): Reason | undefined {
  if (stage === 'connecting' && tls) return { text: 'the broker may not speak TLS on this port', hints: NO_TLS }
  if (stage === 'greeting' && !tls) return { text: 'the broker may expect TLS on this port', hints: USE_TLS }
  if (stage === 'greeting' && !hasClientCertificate(tls))
    return { text: 'the broker may expect a client certificate', hints: CLIENT_CERTIFICATE }
  if (stage === 'first request' && !sasl) return { text: 'the broker may expect a login (SASL)', hints: USE_LOGIN }
  return undefined
}

function toAlertFailure({ address, tls, error }: FailedConnection, alert: string): KafkaFailure {
  const reason = alert.toLowerCase().replaceAll('_', ' ')
  const details = { cause: error }
  if (!CERTIFICATE_ALERT.test(alert))
    return new KafkaFailure('connection', `${address} refused the TLS handshake: ${reason}`, {
      ...details,
      isRefused: true,
      hints: [advice('check the TLS versions and ciphers that the broker accepts')],
    })
  if (hasClientCertificate(tls))
    return new KafkaFailure('authentication', `${address} refused the client certificate: ${reason}`, {
      ...details,
      hints: [advice('check that the client certificate has not expired and that the broker trusts its authority')],
    })
  return new KafkaFailure('authentication', `${address} requires a client certificate (${reason})`, {
    ...details,
    hints: CLIENT_CERTIFICATE,
  })
}

/**
 * Adds to the failure of a connection that the user did not name its address: the brokers advertise it. The address is often
 * one that only other networks know, such as that of a container.
 */
export function atAdvertised(error: unknown, address: string): unknown {
  if (!(error instanceof KafkaFailure) || error.kind !== 'connection') return error
  // Without the default hint to check the option brokers: the user did not name this address.
  const hints = [driverHints.checkAdvertised(address), ...(error.hints ?? [CHECK_BROKER])]
  const text = `${error.message}; this is the address that the brokers tell clients to use`
  return new KafkaFailure(error.kind, text, { isRefused: error.isRefused, hints, cause: error })
}
