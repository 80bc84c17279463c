const STAR = 0x2a
const QUESTION = 0x3f

/** Whether a text contains a wildcard of {@link globMatcher}. */
export const isGlob = (text: string): boolean => /[*?]/.test(text)

/**
 * Compiles a glob: `*` matches any characters, `?` matches one, other characters match themselves. A mismatch backtracks only to
 * the last `*`, so that matching takes time proportional to at most the length of the text times that of the pattern.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  if (!isGlob(glob)) return (text) => text === glob
  return (text) => {
    let at = 0
    let wanted = 0
    /** The offset of the last `*` in the glob, and the offset in the text after the characters it matches so far. */
    let star = -1
    let afterStar = 0
    while (at < text.length) {
      const sign = glob.charCodeAt(wanted)
      if (sign === STAR) {
        star = wanted
        afterStar = at
        wanted += 1
      } else if (sign === QUESTION) {
        at += characterLength(text, at)
        wanted += 1
      } else if (sign === text.charCodeAt(at)) {
        at += 1
        wanted += 1
      } else if (star !== -1) {
        afterStar += characterLength(text, afterStar)
        at = afterStar
        wanted = star + 1
      } else return false
    }
    while (glob.charCodeAt(wanted) === STAR) wanted += 1
    return wanted === glob.length
  }
}

/** The length of a character in UTF-16 units, so that `?` matches a whole emoji. */
const characterLength = (text: string, at: number): number => ((text.codePointAt(at) as number) > 0xffff ? 2 : 1)
