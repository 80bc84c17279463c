/** What a call of {@link todo} is: it fits no type, so that `npm run check` fails and shows the question. */
export interface Todo<Question extends string> {
  readonly todo: Question
}

/** Stands for a value that `crbus new` could not know, and throws the question when it runs. Replace each call by the value. */
export function todo<const Question extends string>(question: Question): Todo<Question> {
  throw new Error(question)
}
