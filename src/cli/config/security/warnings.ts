import { statSync } from 'node:fs'
import type { Config } from '../config.ts'
import type { Security } from './resolve-security.ts'
import type { Secret } from './secrets/secret.ts'

/** Returns warnings about a connection, as sentences: certificates or host names that are not verified, and secrets that others can read. */
export function securityWarnings({ tls, login, from }: Security, { files }: Pick<Config, 'files'>): string[] {
  const warnings: string[] = []
  if (tls?.insecure) {
    warnings.push(
      `the certificates of the brokers are NOT verified (${from.tls.join(', ')}): anyone between here and them can read and change everything`,
    )
  } else if (tls?.anyHostName) {
    warnings.push(
      `the host names of the brokers are NOT verified (${from.tls.join(', ')}): anyone between here and them who has any certificate of a trusted authority can read and change everything`,
    )
  }
  const plain = [tls?.passphrase, ...secretsOf(login)].some((secret) => secret?.kind === 'plain')
  const sources = new Set(plain ? [...from.tls, ...from.login] : [])
  for (const path of files.filter((file) => sources.has(file))) {
    if (isReadableByOthers(path)) {
      warnings.push(`${path} contains a password, and other users can read it; change that with: chmod 600 ${path}`)
    }
  }
  if (
    [...sources].some(
      (source) => source.startsWith('-X sasl.password') || source.startsWith('-X sasl.oauthbearer.client.secret'),
    )
  ) {
    warnings.push('other users can read a password on the command line; give it as env:NAME or file:PATH instead')
  }
  return warnings
}

/** The secrets of a login. A user name is not a secret. */
function secretsOf(login: Security['login']): readonly (Secret | undefined)[] {
  if (login === undefined || login.mechanism === 'AWS_MSK_IAM') return []
  if (login.mechanism !== 'OAUTHBEARER') return [login.password]
  return ['token' in login ? login.token : login.clientSecret]
}

/** Whether the group or all users may read a file. On Windows, the mode does not tell. */
export function isReadableByOthers(path: string): boolean {
  return process.platform !== 'win32' && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o044) !== 0
}
