import type { Running, RunOptions, SerializedEvent } from 'crbus'

/** An aggregate or a saga as this service runs it. */
export interface Part {
  readonly name: string
  /** Joins its consumer group and runs until it is closed. */
  readonly run: (on: RunOptions) => Promise<Running>
  /** The topic from which an aggregate takes its commands. */
  readonly takes?: string
  /** The topics to which a saga sends the commands of its steps. */
  readonly sends?: readonly string[]
  /** The topics to which a saga sends only undo commands: the topic of the step that begins its conversations. */
  readonly sendsUndo?: readonly string[]
  /** The event topics that the part subscribes or publishes to. */
  readonly events?: readonly string[]
  /** Creates a sample command for a trial run; see main.ts. */
  readonly sample?: (number: number) => Pick<SerializedEvent, 'eventType' | 'eventVersion' | 'data'>
}
