// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import type { Running, RunOptions, SerializedEvent } from 'crbus'

/** An aggregate or a saga as this service runs it. */
export interface Part {
  readonly name: string
  /** Joins its group and goes on until it is closed. */
  readonly run: (on: RunOptions) => Promise<Running>
  /** The topic an aggregate takes its commands from. */
  readonly takes?: string
  /** The topics a saga sends the commands of its steps to. */
  readonly sends?: readonly string[]
  /** The topics a saga sends undo commands to and no others: the one of the step that its conversations begin with. */
  readonly sendsUndo?: readonly string[]
  /** The topics of events that it listens to or publishes to. */
  readonly events?: readonly string[]
  /** A command for a trial run; see main.ts. */
  readonly sample?: (number: number) => Pick<SerializedEvent, 'eventType' | 'eventVersion' | 'data'>
}
