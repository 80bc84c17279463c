import { createHmac } from 'node:crypto'
import type { Changed } from './path.ts'

/** Characters of a pseudonym: 96 bits, so that two values have different pseudonyms. */
const PSEUDONYM_CHARS = 16

/** Replaces texts by pseudonyms: equal texts have equal pseudonyms, which tell nothing about the text without the key. */
export function masker(key: string): (value: unknown) => Changed {
  // Events of one conversation have the same texts.
  const known = new Map<string, string>()
  const pseudonym = (text: string): string => {
    let masked = known.get(text)
    if (masked === undefined) {
      masked = createHmac('sha256', key).update(text).digest('base64url').slice(0, PSEUDONYM_CHARS)
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(text, masked)
    }
    return masked
  }
  const mask = (value: unknown): Changed => {
    if (value === undefined || value === null) return { ok: true, value: value ?? undefined }
    if (typeof value === 'string') return { ok: true, value: pseudonym(value) }
    if (!Array.isArray(value)) {
      return { ok: false, reason: `is ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}, not text` }
    }
    const elements: unknown[] = []
    for (const element of value) {
      const masked = mask(element)
      if (!masked.ok) return masked
      elements.push(masked.value ?? null)
    }
    return { ok: true, value: elements }
  }
  return mask
}

/** The most pseudonyms to remember. */
const MAX_KNOWN = 100_000
