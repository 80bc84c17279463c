/** Marks a question in a generated file. The rest of the line, up to a quotation mark, is the question. */
const MARK = 'TODO(crbus): '

/** The import for the expressions of {@link todoInTypeScript}, in a file one folder below `src`. */
export const TODO_IMPORT = "import { todo } from '../todo.ts'"

/**
 * Returns a TypeScript expression for a value that crbus cannot know. The expression does not fit any type, so the compiler reports the
 * question; at run time, it throws the question. `question` must not contain quotation marks; `type` is the expected type.
 */
export const todoInTypeScript = (question: string, type: string): string =>
  // Every expression fits the type `unknown`, so a second check makes the compiler report the question.
  `todo('${MARK}${question}')${type === 'unknown' ? ' satisfies never' : ''}`

/** Returns a Rust expression for a value that crbus cannot know. The compiler stops with the question. */
export const todoInRust = (question: string): string => `compile_error!("${MARK}${question}")`

/** Returns a comment that marks a guess for review. */
export const todoComment = (question: string): string => `// ${MARK}${question}`

/** A question in a generated file that its author has to answer. */
export interface OpenQuestion {
  readonly path: string
  /** The number of the line, from 1. */
  readonly line: number
  readonly question: string
}

/** Returns the questions in a file. Binary files contain no questions. */
export function questionsIn(path: string, content: string | Uint8Array): readonly OpenQuestion[] {
  if (typeof content !== 'string' || !content.includes(MARK)) return []
  return content.split('\n').flatMap((line, index) => {
    const at = line.indexOf(MARK)
    if (at === -1) return []
    const [question = ''] = line.slice(at + MARK.length).split(/['"`]/, 1)
    return [{ path, line: index + 1, question: question.trim() }]
  })
}
