// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/**
 * A stranger's text made harmless for a terminal: control characters (which move cursors, set titles, paste) and
 * invisible direction marks are spelled out, as `\n`, `\x1b`, `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
    if (known !== undefined) return known
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** JSON text made harmless: `JSON.stringify` leaves DEL, C1 controls and direction marks as they are. */
export function printableJson(json: string): string {
  return json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
