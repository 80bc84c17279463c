import { resolve } from 'node:path'

/**
 * Where a secret or a PEM text is. Settings hold this reference; only `readSecret` reads the value, and only for a connection.
 * `plain` is the value itself.
 */
export type Secret =
  | { readonly kind: 'plain'; readonly value: string }
  | { readonly kind: 'env'; readonly variable: string }
  /** An absolute path. */
  | { readonly kind: 'file'; readonly path: string }
  /** A program and its arguments. No shell interprets them. */
  | { readonly kind: 'command'; readonly words: readonly [string, ...string[]] }
  /** An entry of the keyring of the operating system. */
  | { readonly kind: 'keyring'; readonly service: string; readonly account: string }

export type ParsedSecret = { readonly secret: Secret } | { readonly problem: string }

/** How to write each kind of reference, for error messages. */
export const SECRET_FORMS = ['env:NAME', 'file:PATH', 'cmd:PROGRAM ARGUMENTS', 'keyring:SERVICE/ACCOUNT'] as const

/** Matches a text that begins with a known prefix. */
export const SECRET_PREFIX = /^(env|file|cmd|keyring|plain):(.*)$/s

/** Matches a word of a command; quotes keep spaces. */
const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g

/**
 * Parses a secret or a reference to one. Text without a known prefix is the secret itself; `plain:` before a secret keeps a
 * secret from being taken for a reference. Relative paths are relative to `folder`. The problem never repeats the text.
 */
export function parseSecret(text: string, folder: string): ParsedSecret {
  const [, prefix, rest = ''] = SECRET_PREFIX.exec(text) ?? []
  switch (prefix) {
    case 'env':
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { problem: 'must name an environment variable after "env:"' }
      return { secret: { kind: 'env', variable: rest } }
    case 'file':
      if (rest.trim() === '') return { problem: 'must have a path after "file:"' }
      return { secret: { kind: 'file', path: resolve(folder, rest) } }
    case 'cmd': {
      const [program, ...args] = (rest.match(WORD) ?? []).map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
      if (program === undefined) return { problem: 'must have a program after "cmd:"' }
      return { secret: { kind: 'command', words: [program, ...args] } }
    }
    case 'keyring': {
      const slash = rest.indexOf('/')
      if (slash < 1 || slash === rest.length - 1) return { problem: 'must have the form "keyring:SERVICE/ACCOUNT"' }
      return { secret: { kind: 'keyring', service: rest.slice(0, slash), account: rest.slice(slash + 1) } }
    }
    case 'plain':
      return { secret: { kind: 'plain', value: rest } }
    default:
      return { secret: { kind: 'plain', value: text } }
  }
}

/** Parses a certificate or key: a PEM text, a reference, or the path of a PEM file. */
export function parsePem(text: string, folder: string): ParsedSecret {
  if (text.includes('-----BEGIN')) return { secret: { kind: 'plain', value: text } }
  const parsed = parseSecret(text, folder)
  if ('problem' in parsed || parsed.secret.kind !== 'plain') return parsed
  return { secret: { kind: 'file', path: resolve(folder, parsed.secret.value) } }
}

/** Describes where a secret is, without the secret. The arguments of a command are left out, since they may hold secrets too. */
export function shownSecret(secret: Secret): string {
  switch (secret.kind) {
    case 'plain':
      return '(hidden)'
    case 'env':
      return `env:${secret.variable}`
    case 'file':
      return `file:${secret.path}`
    case 'command':
      return `cmd:${secret.words[0]}${secret.words.length > 1 ? ' …' : ''}`
    case 'keyring':
      return `keyring:${secret.service}/${secret.account}`
  }
}
