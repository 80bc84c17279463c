import type { EventBus } from '../../bus/event-bus.ts'
import { parseDocument } from '../../operations/named-file.ts'
import { type ExampleData, exampleData } from '../../operations/publish/example-event.ts'
import type { SchemaSet } from '../../operations/schemas/compiled.ts'
import { write } from '../../ui/text/io.ts'
import { printable } from '../../ui/text/printable.ts'
import { RefusedError } from '../errors.ts'
import { Asker } from '../process/ask.ts'
import type { Context } from '../process/context.ts'
import { shellWord } from '../suggestions.ts'
import { editorOf, editText } from './edit-text.ts'
import { pickEventType } from './pick-event-type.ts'

interface FormRequest {
  readonly context: Context
  readonly bus: EventBus
  readonly topic: string
  /** The event type of `--type`. Absent: the user chooses one. */
  readonly type: string | undefined
  readonly schemas: SchemaSet | undefined
}

/** The values of `--type` and `--data` that the user has filled in. */
export interface FilledIn {
  readonly type: string
  readonly data: string
}

/**
 * Lets the user fill in an event: its type, and its data field by field, or in an editor if a field contains others. The defaults are
 * the data of the newest event of the type, or a sample by its schema. Shows the event and asks before it is published.
 */
export async function fillInEvent(request: FormRequest): Promise<FilledIn> {
  const { context, bus, topic, schemas } = request
  const asker = new Asker(context)
  const type = request.type ?? (await pickEventType(asker, bus, { topics: [topic], schemas }))
  const example = await exampleData(bus, topic, { eventType: type, schemas, now: context.now() })
  const filled = await fillInData(context, asker, example)
  const say = (text: string) => write(context.io.stderr, `${printable(text)}\n`, context.stop.signal)
  for (const line of [type, ...JSON.stringify(filled, undefined, 2).split('\n')]) await say(line)
  if (!(await asker.yesOrNo(`Publish this event to ${topic}?`, true)))
    throw new RefusedError('not confirmed; nothing was published')
  const data = JSON.stringify(filled).replaceAll('{{', '\\{{')
  await say(`$ crbus publish ${[topic, '--type', type, '--data', data].map(shellWord).join(' ')}`)
  return { type, data }
}

async function fillInData(context: Context, asker: Asker, example: ExampleData | undefined): Promise<unknown> {
  const isFlat = example !== undefined && Object.values(example).every((value) => typeof value !== 'object')
  if (isFlat) {
    const filled: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(example)) filled[name] = await fillInField(asker, name, value)
    return filled
  }
  const editor = editorOf(context.env)
  if (example === undefined || editor === undefined) {
    const text = await asker.text('Data as JSON', whyNotJson, JSON.stringify(example ?? {}))
    return JSON.parse(text)
  }
  let text = JSON.stringify(example, undefined, 2)
  for (;;) {
    text = await editText(text, editor, context)
    const reason = whyNotJson(text)
    if (reason === undefined) return JSON.parse(text)
    if (!(await asker.yesOrNo(`The data ${reason}. Edit it again?`, true)))
      throw new RefusedError(`the data ${reason}; nothing was published`)
  }
}

async function fillInField(asker: Asker, name: string, value: unknown): Promise<unknown> {
  if (typeof value === 'boolean') return asker.yesOrNo(name, value)
  if (typeof value === 'string') return asker.text(name, () => undefined, value)
  const text = await asker.text(name, whyNotNumber, JSON.stringify(value))
  return JSON.parse(text)
}

function whyNotNumber(text: string): string | undefined {
  const parsed = parseDocument(text)
  return parsed.ok && typeof parsed.value === 'number' ? undefined : 'type a number'
}

/** Returns why a text is not JSON, to complete a sentence that begins with the text. */
function whyNotJson(text: string): string | undefined {
  const parsed = parseDocument(text)
  return parsed.ok ? undefined : parsed.reason
}
