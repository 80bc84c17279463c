import type { TopicPartition } from '../../../../bus/admin.ts'
import { printable } from '../../../text/printable.ts'
import type { ResetApplied, ResetPlanned, ResetProposal, ResetRequest } from '../../ports.ts'
import { wrapCells } from '../../text/fit-text.ts'
import type { Key } from '../keys.ts'
import { resetLayout, type Size, textWidth } from '../layout.ts'
import { moveBy } from '../scroll-list.ts'

/** What is reset. */
export interface ResetSubject {
  readonly group: string
  /** Absent: all partitions that the group has committed. */
  readonly partition: TopicPartition | undefined
}

/** The state of a reset, which the user takes through these steps. */
export type ResetState = { readonly subject: ResetSubject } & (
  | { readonly step: 'target'; readonly text: string }
  /** The screen makes the plan for the request. */
  | { readonly step: 'planning'; readonly request: ResetRequest }
  /** `typed` is the name that the user types to confirm, if the bus is protected. */
  | ({ readonly step: 'plan'; readonly proposal: ResetProposal; readonly typed: string } & Scrolled)
  /** The screen applies the proposal. */
  | ({ readonly step: 'applying'; readonly proposal: ResetProposal } & Scrolled)
  | { readonly step: 'done'; readonly text: string; readonly undo: string }
  /** The reset was refused or failed. */
  | { readonly step: 'failed'; readonly lines: readonly string[] }
)

interface Scrolled {
  /** The lines of the plan, for the width of the screen. */
  readonly lines: readonly string[]
  /** The index of the first visible line of the plan. */
  readonly top: number
}

export const openReset = (subject: ResetSubject): ResetState => ({ step: 'target', subject, text: '' })

/** Returns the state after a plan was made, or could not be made. */
export function planned(state: ResetState, outcome: ResetPlanned, size: Size): ResetState {
  if (state.step !== 'planning') return state
  const { subject } = state
  if (!outcome.ok) return { step: 'failed', subject, lines: outcome.lines }
  const { proposal } = outcome
  return { step: 'plan', subject, proposal, typed: '', lines: planLines(proposal, size), top: 0 }
}

/** Returns the state for a new size of the screen. */
export function resetResized(state: ResetState, size: Size): ResetState {
  if (state.step !== 'plan' && state.step !== 'applying') return state
  const lines = planLines(state.proposal, size)
  return { ...state, lines, top: scrolled(lines, state.top, size) }
}

/** Returns the nearest index to `top` from which the lines fill the screen. */
const scrolled = (lines: readonly string[], top: number, size: Size): number =>
  Math.max(0, Math.min(top, lines.length - resetLayout(size).plan))

/** Returns the state after a plan was applied, or could not be applied. */
export function applied(state: ResetState, outcome: ResetApplied): ResetState {
  if (state.step !== 'applying') return state
  const { subject } = state
  if (!outcome.ok) return { step: 'failed', subject, lines: outcome.lines }
  return { step: 'done', subject, text: outcome.text, undo: outcome.undo }
}

/** Returns the state after a key; `undefined` if the key leaves the reset. */
export function pressedInReset(state: ResetState, key: Key, size: Size): ResetState | undefined {
  switch (state.step) {
    case 'target':
      return typedTarget(state, key)
    case 'planning':
      return key === 'escape' ? undefined : state
    case 'plan':
      return pressedAtPlan(state, key, size)
    // A change that has begun is finished.
    case 'applying':
      return state
    case 'done':
    case 'failed':
      return leaves(key) ? undefined : state
  }
}

const leaves = (key: Key): boolean => key === 'escape' || key === 'enter' || key === 'backspace' || key === 'left'

type AtStep<Step> = Extract<ResetState, { readonly step: Step }>

function typedTarget(state: AtStep<'target'>, key: Key): ResetState | undefined {
  const { text, subject } = state
  if (typeof key !== 'string') return { ...state, text: text + key.text }
  if (key === 'escape') return undefined
  if (key === 'backspace') return { ...state, text: [...text].slice(0, -1).join('') }
  if (key !== 'enter' || text.trim() === '') return state
  return { step: 'planning', subject, request: { ...subject, to: text.trim() } }
}

function pressedAtPlan(state: AtStep<'plan'>, key: Key, size: Size): ResetState | undefined {
  const { proposal, subject, typed, lines, top } = state
  const { isNothing, refusal, confirmBy } = proposal
  const isNamed = confirmBy !== undefined
  const isAnswerable = !isNothing && refusal === undefined
  // While a name is typed, letters belong to it.
  const by = isAnswerable && isNamed && typeof key !== 'string' ? undefined : moveBy(key, resetLayout(size).plan)
  if (by !== undefined) return { ...state, top: scrolled(lines, top + by, size) }
  if (!isAnswerable) return leaves(key) ? undefined : state
  if (key === 'escape') return notConfirmed(subject)
  if (isNamed) {
    if (typeof key !== 'string') return { ...state, typed: typed + key.text }
    if (key === 'backspace') return { ...state, typed: [...typed].slice(0, -1).join('') }
    if (key !== 'enter') return state
    return typed.trim() === confirmBy ? applying(state) : notConfirmed(subject, typed, confirmBy)
  }
  return typeof key !== 'string' && key.text.toLowerCase() === 'y' ? applying(state) : notConfirmed(subject)
}

const applying = ({ proposal, subject, lines, top }: AtStep<'plan'>): ResetState => ({
  step: 'applying',
  proposal,
  subject,
  lines,
  top,
})

function notConfirmed(subject: ResetSubject, typed = '', name = ''): ResetState {
  const why = typed === '' ? 'not confirmed' : `'${printable(typed)}' is not '${printable(name)}'`
  return { step: 'failed', subject, lines: [`${why}; nothing was done`] }
}

/** Returns the lines of a plan for the width of the screen. Sentences that are longer are wrapped. */
function planLines(proposal: ResetProposal, size: Size): readonly string[] {
  const width = textWidth(size)
  return proposal.lines(width).flatMap((line) => wrapCells(line, width))
}
