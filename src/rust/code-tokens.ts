/** A token of Rust code, at a character offset. */
export interface CodeToken {
  readonly text: string
  readonly at: number
}

/** Comments, strings and characters, which may contain the text of any token. */
const notCode = /\/\/[^\n]*|\/\*|\b[bc]?r(#*)"[\s\S]*?"\1|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'/
  .source

/** Returns a function that finds the tokens matching `wanted` in a text, outside of comments, strings and characters. */
export function codeTokenFinder(wanted: RegExp): (text: string) => Generator<CodeToken> {
  const source = `${notCode}|(${wanted.source})`
  return function* find(text) {
    const pattern = new RegExp(source, 'gu')
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      if (found[0] === '/*') pattern.lastIndex = commentEnd(text, found.index)
      else if (found[2] !== undefined) yield { text: found[0], at: found.index }
    }
  }
}

/** The offset after the block comment that begins at `start`. Block comments may contain block comments. */
function commentEnd(text: string, start: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  let depth = 0
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return text.length
}
