import type { Login, Security, Tls } from './resolve-security.ts'
import { type Secret, shownSecret } from './secrets/secret.ts'

/** TLS and login as `crbus config` shows them: where secrets are, not what they are. An absent key is not set. */
export interface ShownSecurity {
  readonly tls?: (Readonly<Record<string, string | boolean>> & { readonly from: string }) | undefined
  readonly sasl?: (Readonly<Record<string, string>> & { readonly from: string }) | undefined
}

/** Returns the settings of a connection without its secrets. A user name is not a secret, and neither is a certificate. */
export function shownSecurity({ tls, login, from }: Security): ShownSecurity {
  return {
    tls: tls && { ...shownTls(tls), from: from.tls.join(', ') },
    sasl: login && { ...shownLogin(login), from: from.login.join(', ') },
  }
}

const shownTls = ({ ca, cert, key, pfx, passphrase, serverName, insecure, anyHostName }: Tls) =>
  withoutAbsent({
    ca: ca && shownPublic(ca, '(a certificate)'),
    cert: cert && shownPublic(cert, '(a certificate)'),
    key: key && shownSecret(key),
    pfx: pfx && shownSecret(pfx),
    keyPassphrase: passphrase && shownSecret(passphrase),
    serverName,
    insecure,
    anyHostName,
  })

function shownLogin(login: Login): Readonly<Record<string, string>> {
  const { mechanism } = login
  if (login.mechanism === 'AWS_MSK_IAM') return withoutAbsent({ mechanism, region: login.region })
  if (login.mechanism !== 'OAUTHBEARER') {
    const username = login.username.kind === 'plain' ? login.username.value : shownSecret(login.username)
    return { mechanism, username, password: shownSecret(login.password) }
  }
  const extensions = login.extensions && shownExtensions(login.extensions)
  if ('token' in login) return withoutAbsent({ mechanism, token: shownSecret(login.token), extensions })
  const { tokenUrl, clientId, clientSecret, scope } = login
  const shownUrl = tokenUrl.replace(/([?#]).*$/s, '$1…')
  return withoutAbsent({
    mechanism,
    tokenUrl: shownUrl,
    clientId,
    clientSecret: shownSecret(clientSecret),
    scope,
    extensions,
  })
}

/** Shows the names of extensions. Some brokers expect a secret as the value of one. */
const shownExtensions = (text: string): string =>
  text
    .split(',')
    .map((pair) => `${/^\s*([A-Za-z]+)\s*=/.exec(pair)?.[1] ?? ''}=(hidden)`)
    .join(',')

const shownPublic = (pem: Secret, inline: string): string => (pem.kind === 'plain' ? inline : shownSecret(pem))

const withoutAbsent = <T>(keys: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as Record<string, T>
