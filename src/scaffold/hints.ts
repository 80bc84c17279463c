import { advice } from '../bus/hints.ts'

/** The hints of scaffolding errors. A front end can replace the text of a code, to name its own flags. */
export const scaffoldHints = {
  advice,
  /** `event` is in the notation of `readEvents`. */
  declareEvent: (event = 'OrderPlaced:order_id=uuid,total=money') =>
    ({ code: 'declare-event', text: `declare an event, such as ${event}`, event }) as const,
  /** For an event whose command cannot be derived. `DoIt` is a placeholder for the command. */
  nameCommand: (event: string) =>
    ({ code: 'name-command', text: `put the command before the event, such as DoIt/${event}`, event }) as const,
  /** For events without a common field. */
  addIdField: (field: string) =>
    ({
      code: 'add-id-field',
      text: `give every event a field that identifies the aggregate, such as ${field}=uuid`,
      field,
    }) as const,
  chooseIdField: (field: string) =>
    ({ code: 'choose-id-field', text: `identify the aggregate by the field ${field}`, field }) as const,
  /** For a field of a command, such as `ReserveStock.quantity`. `source` is absent if any event field may be its source. */
  nameSource: (field: string, source?: string) =>
    ({
      code: 'name-source',
      text:
        source === undefined
          ? `name the event field that ${field} is taken from`
          : `take ${field} from the event field ${source}`,
      field,
      source,
    }) as const,
  chooseOtherTopics: () =>
    ({ code: 'choose-other-topics', text: 'choose topics whose events have different names' }) as const,
  chooseOtherName: (kind: 'aggregate' | 'saga', name: string) =>
    ({ code: 'choose-other-name', text: `choose another name for the ${kind}, such as ${name}`, kind, name }) as const,
  answerQuestion: (question: string, answer: string) =>
    ({
      code: 'answer-question',
      text: `answer a question of the template, such as ${question} with ${answer}`,
      question,
      answer,
    }) as const,
  nameTemplate: () =>
    ({ code: 'name-template', text: 'name a folder with a template.json and a folder files in it' }) as const,
  planAgain: () => ({ code: 'plan-again', text: 'make the plan again' }) as const,
}

export type ScaffoldHint = ReturnType<(typeof scaffoldHints)[keyof typeof scaffoldHints]>
