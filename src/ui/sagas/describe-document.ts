import type { SagaDefinition } from '../../operations/sagas/description/definition.ts'
import type { DescribeNote, ObservedSaga } from '../../operations/sagas/description/observe.ts'

/** Says what a person should check in a derived description, in one sentence. */
export function describeNoteText(note: DescribeNote): string {
  switch (note.code) {
    case 'too-many':
      return `the topics have more than ${note.limit} conversations, and the others were left out; --since 1d reads only later events`
    case 'judged-by-name':
      return `${note.eventType} is in ${note.as} because of its name; check it`
    case 'no-end':
      return 'no event type ends the conversations in another way than by compensation; add the last event to completedBy'
  }
}

/** Returns the plan of a description as in `--json`. */
export const describeDocument = (
  { definition, conversationCount, eventCount, notes }: ObservedSaga,
  { path, effect }: { readonly path: string; readonly effect: 'create' | 'replace' },
) => ({
  ...{ path, effect, conversationCount, eventCount },
  description: descriptionDocument(definition),
  notes: notes.map((note) => ({ ...note, message: describeNoteText(note) })),
})

const descriptionDocument = ({ expects, code: _, ...definition }: SagaDefinition) => ({
  ...definition,
  expects: expects.map(({ after, oneOf, within }) => ({ after, oneOf, withinMs: within })),
})
