/** The type of a call of {@link todo}. It matches no other type, so `npm run check` fails and shows the question. */
export interface Todo<Question extends string> {
  readonly todo: Question
}

/** Placeholder for a value that `crbus new` could not know. Throws the question when called: replace each call by the value. */
export function todo<const Question extends string>(question: Question): Todo<Question> {
  throw new Error(question)
}
