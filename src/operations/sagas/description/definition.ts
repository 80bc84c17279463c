/** What a saga does, as far as crbus has to know it to judge its conversations: the content of a file `sagas/NAME.json`. */
export interface SagaDefinition {
  /** The name of the saga. Its streams are `{saga}-saga-{correlationId}`. */
  readonly saga: string
  /** The topics with the events that the saga reacts to. */
  readonly topics: readonly string[]
  /** The topics that the saga publishes its own events to, such as its outcome. */
  readonly events: readonly string[]
  /** The topics that the saga sends commands to. */
  readonly commands: readonly string[]
  /** The event types that begin a conversation. A type without `.vN` stands for all of its versions, here and below. */
  readonly startedBy: readonly string[]
  /** The event types that end a conversation. */
  readonly completedBy: readonly string[]
  /** The event types that end a conversation whose steps were undone. */
  readonly compensatedBy: readonly string[]
  /** The event types that say that a person has to resolve a conversation. */
  readonly stuckBy: readonly string[]
  readonly expects: readonly Expectation[]
  /** The code of the saga, as `FILE#EXPORT`, relative to the folder of the service. */
  readonly code: string | undefined
}

/** An event after which another one has to follow in time. */
export interface Expectation {
  readonly after: string
  /** The event types of which one has to occur in the conversation. */
  readonly oneOf: readonly string[]
  /** Milliseconds. */
  readonly within: number
}

/** A definition, and the file that has it. */
export interface SagaFile {
  readonly path: string
  readonly definition: SagaDefinition
}

/** Returns the prefix of the ids of the streams in which a saga stores the events that it reacted to. */
export const streamPrefixOf = (saga: string): string => `${saga}-saga-`

/** Numbers the event types that a definition names, so that a conversation needs only a list of times. */
export class TypeNumbers {
  readonly names: readonly string[]
  readonly #numbers: ReadonlyMap<string, number>
  readonly #ends: ReadonlySet<string>

  constructor({ startedBy, completedBy, compensatedBy, stuckBy, expects }: SagaDefinition) {
    const named = expects.flatMap(({ after, oneOf }) => [after, ...oneOf])
    this.#ends = new Set([...completedBy, ...compensatedBy])
    this.names = [...new Set([...startedBy, ...completedBy, ...compensatedBy, ...stuckBy, ...named])]
    this.#numbers = new Map(this.names.map((name, number) => [name, number]))
  }

  /** Returns the numbers of the names that an event type matches: itself, and the type without its version. */
  of(eventType: string): readonly number[] {
    const exact = this.#numbers.get(eventType)
    const base = this.#numbers.get(withoutVersion(eventType))
    if (exact === undefined) return base === undefined ? [] : [base]
    return base === undefined || base === exact ? [exact] : [exact, base]
  }

  numberOf(name: string): number {
    return this.#numbers.get(name) as number
  }

  /**
   * Whether one of two events of the same millisecond is shown as the later one: an event that ends the conversation, else by name,
   * so that the result does not depend on the order of reading.
   */
  isAfter(eventType: string, other: string): boolean {
    const [isEnd, isOtherEnd] = [this.#isEnd(eventType), this.#isEnd(other)]
    return isEnd === isOtherEnd ? eventType > other : isEnd
  }

  #isEnd(eventType: string): boolean {
    return this.#ends.has(eventType) || this.#ends.has(withoutVersion(eventType))
  }
}

/** Returns an event type without `.vN` at its end. */
export const withoutVersion = (eventType: string): string => eventType.replace(/\.v\d+$/, '')
