import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Listener, startKafka } from './kafka.ts'
import { freePort } from './watched-process.ts'

const run = promisify(execFile)
const PASSWORD = 'changeit'

/** Shorter than the time before its end at which clients usually log in again. */
export const BRIEF_SESSION_MS = 3000

/** A key with its self-signed certificate. */
interface Identity {
  /** A PKCS #12 file with the password {@link PASSWORD}. */
  readonly store: string
  /** PEM. */
  readonly certificate: string
}

/** A broker with several secured listeners, which checks ACLs. */
export interface SecuredKafka {
  /** `127.0.0.1:port` of each listener: see {@link startSecuredKafka}. */
  readonly at: Readonly<
    Record<'plain' | 'tls' | 'signed' | 'mutual' | 'expired' | 'other' | 'login' | 'brief' | 'secure' | 'away', string>
  >
  /** PEM of the certificates of the TLS listeners, and of the authority that signed one of them. */
  readonly certificates: Readonly<Record<'tls' | 'signed' | 'expired' | 'other' | 'authority', string>>
  /** Client certificates that the listener `mutual` trusts and does not trust, as options of `tls.connect`. */
  readonly client: { readonly pfx: Buffer; readonly passphrase: string }
  readonly stranger: { readonly pfx: Buffer; readonly passphrase: string }
  /** The folder with `NAME.pem` (certificate), `NAME.key` (only `client` and `stranger`) and `NAME.p12` of each identity. */
  readonly folder: string
  dispose(): Promise<void>
}

/**
 * Starts a broker with these listeners: `plain` (a super user without a login), `tls` (a self-signed certificate), `signed`
 * (TLS with a certificate of an authority), `mutual` (TLS that requires a client certificate), `expired` (TLS with an expired
 * certificate), `other` (TLS with a certificate for another host), `login` (PLAIN, SCRAM, and OAUTHBEARER with unsigned
 * tokens), `brief` (as `login`; a SCRAM login is valid for {@link BRIEF_SESSION_MS}), `secure` (all logins over TLS with a certificate of an authority) and `away` (TLS; clients are told an address
 * that does not answer). The user `alice` may do everything, all other users what ACLs allow.
 */
export async function startSecuredKafka(users: Readonly<Record<string, string>>): Promise<SecuredKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-keys-'))
  const here = ['-ext', 'SAN=ip:127.0.0.1', '-validity', '2']
  const trusted = join(folder, 'trusted.p12')
  await keytool([
    ...newIdentity(folder, 'server', here),
    ...newIdentity(folder, 'signed', here),
    ...newIdentity(folder, 'authority', ['-ext', 'bc:c', '-validity', '2']),
    ...newIdentity(folder, 'expired', ['-ext', 'SAN=ip:127.0.0.1', '-startdate', '-3d', '-validity', '1']),
    ...newIdentity(folder, 'other', ['-ext', 'SAN=dns:kafka.example.com', '-validity', '2']),
    ...newIdentity(folder, 'client', here),
    ...newIdentity(folder, 'stranger', here),
    ...signing(folder, 'signed', 'authority'),
    exportKey(folder, 'client'),
    exportKey(folder, 'stranger'),
    [
      ...['-importcert', '-noprompt', '-file', join(folder, 'client.pem'), '-alias', 'client'],
      ...['-keystore', trusted, '-storetype', 'PKCS12', '-storepass', PASSWORD],
    ],
  ])
  const [server, signed, authority, expired, other, client, stranger] = (
    ['server', 'signed', 'authority', 'expired', 'other', 'client', 'stranger'] as const
  ).map((name) => readIdentity(folder, name)) as [Identity, Identity, Identity, Identity, Identity, Identity, Identity]
  const tls = async ({ store }: Identity, more: Listener['properties'] = {}): Promise<Listener> => ({
    port: await freePort(),
    protocol: 'SSL',
    properties: { 'ssl.keystore.location': store, 'ssl.keystore.password': PASSWORD, ...more },
  })
  const jaas = (module: string, words = '') => `org.apache.kafka.common.security.${module} required${words};`
  const passwords = Object.entries(users).map(([name, password]) => ` user_${name}="${password}"`)
  const logins = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,OAUTHBEARER',
    'plain.sasl.jaas.config': jaas('plain.PlainLoginModule', passwords.join('')),
    'scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule'),
    'scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
    'oauthbearer.sasl.jaas.config': jaas(
      'oauthbearer.OAuthBearerLoginModule',
      ' unsecuredLoginStringClaim_sub="broker"',
    ),
  }
  const listeners = {
    TLS: await tls(server),
    SIGNED: await tls(signed),
    MUTUAL: await tls(server, {
      'ssl.client.auth': 'required',
      'ssl.truststore.location': trusted,
      'ssl.truststore.password': PASSWORD,
    }),
    EXPIRED: await tls(expired),
    OTHER: await tls(other),
    AWAY: { ...(await tls(server)), advertised: '127.0.0.1:1' },
    LOGIN: { port: await freePort(), protocol: 'SASL_PLAINTEXT' as const, properties: logins },
    BRIEF: {
      port: await freePort(),
      protocol: 'SASL_PLAINTEXT' as const,
      properties: { ...logins, 'scram-sha-256.connections.max.reauth.ms': `${BRIEF_SESSION_MS}` },
    },
    SECURE: {
      port: await freePort(),
      protocol: 'SASL_SSL' as const,
      properties: {
        ...(await tls(signed)).properties,
        ...logins,
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      },
    },
  }
  const kafka = await startKafka({
    listeners,
    users,
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:alice',
    },
  })
  const at = (listener: Listener) => `127.0.0.1:${listener.port}`
  const asClient = ({ store }: Identity) => ({ pfx: readFileSync(store), passphrase: PASSWORD })
  return {
    at: {
      plain: kafka.brokers,
      tls: at(listeners.TLS),
      signed: at(listeners.SIGNED),
      mutual: at(listeners.MUTUAL),
      expired: at(listeners.EXPIRED),
      other: at(listeners.OTHER),
      login: at(listeners.LOGIN),
      brief: at(listeners.BRIEF),
      secure: at(listeners.SECURE),
      away: at(listeners.AWAY),
    },
    certificates: {
      tls: server.certificate,
      signed: signed.certificate,
      expired: expired.certificate,
      other: other.certificate,
      authority: authority.certificate,
    },
    client: asClient(client),
    stranger: asClient(stranger),
    folder,
    async dispose() {
      await kafka.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Returns the words of a keytool command. */
type Command = readonly string[]

/** Makes a key with a self-signed certificate. */
function newIdentity(folder: string, name: string, more: readonly string[]): readonly Command[] {
  const opened = ['-keystore', join(folder, `${name}.p12`), '-storepass', PASSWORD, '-alias', name]
  const key = ['-keyalg', 'RSA', '-keysize', '2048', '-storetype', 'PKCS12', '-dname', `CN=${name}`]
  return [
    ['-genkeypair', ...key, ...opened, ...more],
    ['-exportcert', '-rfc', '-file', join(folder, `${name}.pem`), ...opened],
  ]
}

/** Writes the private key of an identity as PEM. */
const exportKey = (folder: string, name: string): Command => [
  ...['-exportkey', join(folder, `${name}.p12`), PASSWORD],
  ...[name, join(folder, `${name}.key`)],
]

const readIdentity = (folder: string, name: string): Identity => ({
  store: join(folder, `${name}.p12`),
  certificate: readFileSync(join(folder, `${name}.pem`), 'utf8'),
})

/** Replaces the self-signed certificate with one signed by the authority. */
function signing(folder: string, name: string, authority: string): readonly Command[] {
  const opened = (of: string) => ['-keystore', join(folder, `${of}.p12`), '-storepass', PASSWORD]
  const [request, certificate] = [join(folder, `${name}.csr`), join(folder, `${name}.pem`)]
  const signed = ['-gencert', '-rfc', '-alias', authority, '-infile', request, '-outfile', certificate]
  const trusted = ['-importcert', '-noprompt', '-alias', authority, '-file', join(folder, `${authority}.pem`)]
  return [
    ['-certreq', '-alias', name, '-file', request, ...opened(name)],
    [...signed, '-ext', 'SAN=ip:127.0.0.1', '-validity', '2', ...opened(authority)],
    [...trusted, ...opened(name)],
    ['-importcert', '-noprompt', '-alias', name, '-file', certificate, ...opened(name)],
  ]
}

/** Runs keytool for each command, in one Java process. */
async function keytool(commands: readonly Command[]): Promise<void> {
  const source = fileURLToPath(new URL('./KeyTool.java', import.meta.url))
  const running = run('java', ['--add-exports', 'java.base/sun.security.tools.keytool=ALL-UNNAMED', source])
  running.child.stdin?.end(commands.map((command) => `${command.join('\t')}\n`).join(''))
  await running
}

/** Makes a token that Kafka's unsecured validator accepts until it expires. `expiresIn` is in seconds. */
export function unsecuredToken(subject: string, expiresIn: number): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now - 3600, exp: now + expiresIn })}.`
}
