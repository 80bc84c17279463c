import type { ConnectionOptions } from 'node:tls'
import type { Sasl } from '../../../drivers/kafka/kafka-options.ts'
import { UsageError } from '../../errors.ts'
import { hint, run } from '../../suggestions.ts'
import type { ConfigSurroundings } from '../config.ts'
import { certificateNames, checkCertificates, pemText } from './check-certificates.ts'
import { clientCredentialsToken, expiryOf } from './oauth.ts'
import { loadOptionalPackage } from './optional-package.ts'
import type { Login, Security, Tls } from './resolve-security.ts'
import { readBytes } from './secrets/file-secret.ts'
import { readSecret } from './secrets/read-secret.ts'
import type { Secret } from './secrets/secret.ts'

/** The options of `RedpandaEventBus` for TLS and login. */
export interface OpenedSecurity {
  readonly tls?: ConnectionOptions | undefined
  readonly sasl?: Sasl | undefined
}

/** Reads the secrets that a connection needs. Throws `UsageError` for a secret that cannot be read. */
export async function openSecurity(security: Security, env: ConfigSurroundings['env']): Promise<OpenedSecurity> {
  const tls = security.tls && (await openTls(security.tls, env))
  const sasl = security.login && (await openLogin(security.login, env))
  return { tls, sasl }
}

async function openTls(tls: Tls, env: ConfigSurroundings['env']): Promise<ConnectionOptions> {
  const { ca, cert, key, pfx, passphrase, serverName, insecure, anyHostName } = tls
  const pem = async (secret: Secret | undefined, name: 'ca' | 'cert' | 'key') =>
    secret && pemText(name, await readSecret(secret, certificateNames[name], env))
  const material = {
    ca: await pem(ca, 'ca'),
    cert: await pem(cert, 'cert'),
    key: await pem(key, 'key'),
    pfx: pfx && (await readStore(pfx, env)),
    passphrase: passphrase && (await readSecret(passphrase, 'the passphrase of the key', env)),
  }
  checkCertificates(material)
  return withoutAbsent({
    ...material,
    key: material.key ?? (pfx === undefined ? material.cert : undefined),
    servername: serverName,
    rejectUnauthorized: insecure ? false : undefined,
    checkServerIdentity: anyHostName ? () => undefined : undefined,
  })
}

/** Reads a PKCS #12 store. Only a file has its bytes unchanged. */
async function readStore(pfx: Secret, env: ConfigSurroundings['env']): Promise<Buffer> {
  const what = certificateNames.pfx
  if (pfx.kind === 'file') return readBytes(pfx.path, what)
  return Buffer.from(await readSecret(pfx, what, env), 'base64')
}

async function openLogin(login: Login, env: ConfigSurroundings['env']): Promise<Sasl> {
  if (login.mechanism === 'AWS_MSK_IAM') return { mechanism: 'oauthbearer', oauthBearerProvider: mskToken(login, env) }
  if (login.mechanism === 'OAUTHBEARER') {
    const extensions = login.extensions === undefined ? undefined : parseExtensions(login.extensions)
    const token =
      'token' in login
        ? () => readSecret(login.token, 'the token (sasl.token)', env)
        : async () => clientCredentialsToken(login, await readSecret(login.clientSecret, 'the client secret', env))
    const provide = cached(token)
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await provide(), extensions }) }
  }
  return {
    mechanism: mechanismNames[login.mechanism],
    username: withoutNul(await readSecret(login.username, 'the user name (sasl.username)', env), 'sasl.username'),
    password: withoutNul(await readSecret(login.password, 'the password (sasl.password)', env), 'sasl.password'),
  }
}

/** Refuses the character that separates user name and password in a login (RFC 4616, 2). */
function withoutNul(text: string, key: string): string {
  if (!text.includes('\0')) return text
  throw new UsageError(`${key} has a NUL character; is it binary, or in UTF-16?`)
}

const mechanismNames = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const

/** How long before its expiry a token is requested again. */
const RENEWAL_MS = 30_000

/**
 * Keeps a token until shortly before it expires, so that the connections of a command share one. A token without a known expiry
 * is requested for each login.
 */
function cached(request: () => Promise<string>): () => Promise<string> {
  let token: Promise<string> | undefined
  let until = 0
  return async () => {
    if (token !== undefined && Date.now() < until) return token
    const requested = request()
    // Connections open at the same time, so they share a request that is under way.
    token = requested
    until = Number.POSITIVE_INFINITY
    try {
      until = (expiryOf(await requested) ?? 0) - RENEWAL_MS
    } catch (error) {
      until = 0
      throw error
    }
    return requested
  }
}

function parseExtensions(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair) => {
    const [, name, value] = /^\s*([A-Za-z]+)\s*=\s*([\x20-\x7e]*)$/.exec(pair) ?? []
    if (name === undefined || value === undefined || name.toLowerCase() === 'auth') {
      throw new UsageError('sasl.extensions must have the form name=value, separated by commas')
    }
    return [name, value] as const
  })
  return Object.fromEntries(pairs)
}

/** The part of the signer that is used. */
interface MskSigner {
  generateAuthToken(options: { region: string }): Promise<{ token: string }>
}

/** Amazon's package that signs tokens with the credentials of the AWS environment. */
const MSK_PACKAGE = 'aws-msk-iam-sasl-signer-js'

function mskToken({ region }: Extract<Login, { mechanism: 'AWS_MSK_IAM' }>, env: ConfigSurroundings['env']) {
  const chosen = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  if (!chosen) {
    throw new UsageError('AWS_MSK_IAM needs the region of the cluster', [
      run('export AWS_REGION=eu-central-1'),
      hint('or set "region" in "sasl" of the profile'),
    ])
  }
  return async (): Promise<{ value: string }> => {
    const signer = await loadOptionalPackage<MskSigner>(MSK_PACKAGE, 'AWS_MSK_IAM')
    try {
      const { token } = await signer.generateAuthToken({ region: chosen })
      return { value: token }
    } catch (error) {
      throw new UsageError(`AWS_MSK_IAM cannot sign the login: ${(error as Error).message}`, [
        run('aws sts get-caller-identity', 'shows which credentials of AWS are in force'),
        hint('set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'),
      ])
    }
  }
}

const withoutAbsent = (options: ConnectionOptions): ConnectionOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
