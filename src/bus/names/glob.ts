const STAR = 0x2a
const QUESTION_MARK = 0x3f

/** Whether a text contains a wildcard (`*` or `?`) of {@link globMatcher}. */
export const isGlob = (text: string): boolean => /[*?]/.test(text)

/**
 * Compiles a glob: `*` matches any number of characters, `?` matches one, other characters match themselves. A mismatch
 * backtracks only to the last `*`, so matching takes at most time proportional to the length of the text times the length of the
 * glob.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  if (!isGlob(glob)) return (text) => text === glob
  return (text) => {
    let textIndex = 0
    let globIndex = 0
    /** The index of the last `*` in the glob, or -1, and the index in the text after the characters that it matches so far. */
    let starIndex = -1
    let afterStar = 0
    while (textIndex < text.length) {
      const code = glob.charCodeAt(globIndex)
      if (code === STAR) {
        starIndex = globIndex
        afterStar = textIndex
        globIndex += 1
      } else if (code === QUESTION_MARK) {
        textIndex += characterLength(text, textIndex)
        globIndex += 1
      } else if (code === text.charCodeAt(textIndex)) {
        textIndex += 1
        globIndex += 1
      } else if (starIndex !== -1) {
        // Let the last `*` match one more character, and try the rest of the glob again.
        afterStar += characterLength(text, afterStar)
        textIndex = afterStar
        globIndex = starIndex + 1
      } else return false
    }
    while (glob.charCodeAt(globIndex) === STAR) globIndex += 1
    return globIndex === glob.length
  }
}

/** Returns whether a name matches one of the globs; any name matches an empty list. */
export function matchesSome(globs: readonly string[] = []): (name: string) => boolean {
  const patterns = globs.map(globMatcher)
  return (name) => patterns.length === 0 || patterns.some((matches) => matches(name))
}

/** Returns the length of the character at an index in UTF-16 code units: 2 for an emoji, so that `?` matches the whole emoji. */
const characterLength = (text: string, index: number): number => ((text.codePointAt(index) as number) > 0xffff ? 2 : 1)
