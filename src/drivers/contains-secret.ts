/** The shortest line of a secret, and the shortest secret in base64, that is searched for: shorter ones are in many texts. */
const MIN_PART_LENGTH = 4

/** Matches a run that may be base64, in either alphabet. */
const BASE64 = /[\w+/-]{4,}={0,2}/g

/**
 * Whether a text from another program contains one of the secrets: as it is, in other letter case, percent-encoded, in base64, escaped
 * as JSON, or one line of it. Such a text must not be shown, not even with the secret blanked: what is left could tell the secret.
 */
export function containsSecret(text: string, secrets: readonly (string | undefined)[]): boolean {
  const plain = readingsOf(text)
  const encoded = (text.match(BASE64) ?? []).map(base64Decoded).flatMap(readingsOf)
  const contains = (readings: readonly string[], form: string) => readings.some((reading) => reading.includes(form))
  return secrets
    .flatMap(formsOf)
    .some((form) => contains(plain, form) || (form.length >= MIN_PART_LENGTH && contains(encoded, form)))
}

const readingsOf = (text: string): string[] => [text.toLowerCase(), percentDecoded(text).toLowerCase()]

function formsOf(secret = ''): string[] {
  const whole = secret.trim()
  const lines = whole.split(/[\r\n]+/)
  const parts = lines.length > 1 ? lines.filter((line) => line.length >= MIN_PART_LENGTH) : []
  const forms = [whole, JSON.stringify(whole).slice(1, -1), ...parts].map((form) => form.toLowerCase())
  return forms.filter((form) => form !== '')
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

const base64Decoded = (text: string): string => Buffer.from(text, 'base64').toString('utf8')
