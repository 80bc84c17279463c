import type { EventBus } from '../../../bus/event-bus.ts'
import type { StoreSetup } from '../../../store/layout.ts'
import type { LetterBox } from '../letter.ts'
import { isDeadLetterTopic } from './dead-letter-topics.ts'
import { Resolutions } from './resolutions.ts'
import { StoreBox } from './store-box.ts'
import { TopicBox } from './topic-box.ts'

/** Where to look for dead letters. */
interface BoxRequest {
  readonly bus: EventBus
  /** Absent: there is no event store, or it is not looked at. */
  readonly setup: StoreSetup | undefined
  /** Returns whether to look at a topic. Absent: at those with the name of a dead-letter topic. */
  readonly wants?: ((topic: string) => boolean) | undefined
  readonly now: () => number
}

/** The places with dead letters, and what was found. */
export interface Boxes {
  readonly boxes: readonly LetterBox[]
  /** The location of the event store, if it has the table of dead letters. */
  readonly store: string | undefined
  readonly topics: readonly string[]
  /** All topics of the bus. */
  readonly existing: ReadonlySet<string>
}

/** Finds the event store and the topics with dead letters. */
export async function openBoxes({ bus, setup, wants = isDeadLetterTopic, now }: BoxRequest): Promise<Boxes> {
  const [parts, summaries] = await Promise.all([setup?.inspect() ?? [], bus.admin.listTopics()])
  const hasTable = parts.some(({ kind, name, exists }) => kind === 'table' && name === 'failed_events' && exists)
  const existing = new Set(summaries.filter(({ internal }) => !internal).map(({ topic }) => topic))
  const topics = [...existing].filter(wants)
  const boxes: LetterBox[] = []
  if (setup !== undefined && hasTable) boxes.push(new StoreBox(setup.deadLetters()))
  if (topics.length > 0) boxes.push(new TopicBox(bus, topics, existing, new Resolutions(bus, now)))
  return { boxes, store: hasTable ? setup?.location : undefined, topics, existing }
}
