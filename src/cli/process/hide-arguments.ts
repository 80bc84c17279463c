/** Matches a name that says that its value is a secret: `sasl.password`, `--sasl-pasword`, `client_secret`. */
const SECRET_NAME = /pas*w|passphrase|secret|token|credential|ssl\.key|api.?key/i

/** Matches `NAME=VALUE` or `NAME:VALUE`, optionally after the flag of connection settings. */
const PAIR = /^(?:-X=?|--option=)?([\w.-]+)\s*[=:](.+)$/s

/** Matches the user and password of an address. */
const USER_INFO = /^(?:.*:\/\/)?(.*)@/s

/**
 * Replaces the arguments that may be secrets in a message about an invalid command line, which repeats them: what follows the name of
 * a secret, what belongs to `-X`, and the user of an address.
 */
export function hideArguments(message: string, argv: readonly string[]): string {
  const hidden = argv.flatMap((word, at) => secretsIn(word, argv[at - 1] ?? '', argv[at - 2] ?? ''))
  // A longer one may contain a shorter one.
  const longestFirst = [...new Set(hidden)].sort((a, b) => b.length - a.length)
  return longestFirst.reduce((text, secret) => text.replaceAll(secret, '***'), message)
}

function secretsIn(word: string, before: string, beforeThat: string): string[] {
  const [, name = '', value = ''] = PAIR.exec(word) ?? []
  const [, user = ''] = USER_INFO.exec(word) ?? []
  // `-X sasl.password VALUE` and `--password VALUE` lack the `=`.
  const isValue = !word.startsWith('-') && !before.includes('=') && SECRET_NAME.test(before)
  const isOfOption = beforeThat === '-X' && !before.includes('=')
  const found = [SECRET_NAME.test(name) ? value : '', user, isValue || isOfOption ? word : '']
  return found.filter((one) => one !== '')
}
