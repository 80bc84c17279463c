const STAR = 0x2a
const QUESTION = 0x3f

/** Whether a text holds a wildcard of {@link globMatcher}. */
export const isGlob = (text: string): boolean => /[*?]/.test(text)

/**
 * Compiles a glob: `*` stands for any characters, `?` for one, everything else for itself. A mismatch goes back to the
 * last `*` only, so that matching takes at most the length of the text times that of the pattern.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  if (!isGlob(glob)) return (text) => text === glob
  return (text) => {
    let at = 0
    let wanted = 0
    /** The last `*`, and where the text behind what it stands for begins. */
    let star = -1
    let behindStar = 0
    while (at < text.length) {
      const sign = glob.charCodeAt(wanted)
      if (sign === STAR) {
        star = wanted
        behindStar = at
        wanted += 1
      } else if (sign === QUESTION) {
        at += characterLength(text, at)
        wanted += 1
      } else if (sign === text.charCodeAt(at)) {
        at += 1
        wanted += 1
      } else if (star !== -1) {
        behindStar += characterLength(text, behindStar)
        at = behindStar
        wanted = star + 1
      } else return false
    }
    while (glob.charCodeAt(wanted) === STAR) wanted += 1
    return wanted === glob.length
  }
}

/** UTF-16 units of the character at a place: `?` stands for a whole emoji. */
const characterLength = (text: string, at: number): number => ((text.codePointAt(at) as number) > 0xffff ? 2 : 1)
