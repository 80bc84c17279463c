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
 * secret from being taken for a reference. Relative paths, also of a program, are relative to `folder`. The problem never repeats the text.
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
      // A name is searched for in PATH. A path must not depend on the working directory, where another program could be.
      const path = /[\\/]/.test(program) ? resolve(folder, program) : program
      return { secret: { kind: 'command', words: [path, ...args] } }
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
  // Paths are shown in errors and by `crbus config`, and this would be a key.
  if (KEY_MATERIAL.test(parsed.secret.value)) {
    return {
      problem:
        'holds a certificate or key itself, but must be a path, env:NAME, or PEM text with a line "-----BEGIN …-----"',
    }
  }
  return { secret: { kind: 'file', path: resolve(folder, parsed.secret.value) } }
}

/** Matches text that is not a path: of several lines, or base64 of a key as PEM or DER (whose first bytes are a SEQUENCE). */
const KEY_MATERIAL = /[\r\n]|^(?:LS0t|MI[A-Z])[A-Za-z0-9+/=_-]{60,}$/

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
