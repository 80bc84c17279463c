/** Marks a question in a generated file. What follows on its line, up to a quotation mark, is the question. */
const MARK = 'TODO(crbus): '

/** The import that {@link todoInTypeScript} needs, in a file one folder below `src`. */
export const TODO_IMPORT = "import { todo } from '../todo.ts'"

/**
 * A TypeScript expression for a value that crbus cannot know. It fits no type, so the compiler reports the question, and
 * it throws the question when it runs. `question` must not contain quotation marks; `type` is that of the place it stands in.
 */
export const todoInTypeScript = (question: string, type: string): string =>
  // Everything fits `unknown`.
  `todo('${MARK}${question}')${type === 'unknown' ? ' satisfies never' : ''}`

/** The same in Rust. The compiler stops with the question. */
export const todoInRust = (question: string): string => `compile_error!("${MARK}${question}")`

/** A comment that marks a guess for review. */
export const todoComment = (question: string): string => `// ${MARK}${question}`

/** A question that a generated file leaves to its reader. */
export interface OpenQuestion {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly question: string
}

/** Finds the questions in a file. Files that are not text have none. */
export function questionsIn(path: string, content: string | Uint8Array): readonly OpenQuestion[] {
  if (typeof content !== 'string' || !content.includes(MARK)) return []
  return content.split('\n').flatMap((line, index) => {
    const at = line.indexOf(MARK)
    if (at === -1) return []
    const [question = ''] = line.slice(at + MARK.length).split(/['"`]/, 1)
    return [{ path, line: index + 1, question: question.trim() }]
  })
}
