import { partitionName } from '../../bus/names/names.ts'
import type { Clamp, ResetNote } from '../../operations/reset/notes.ts'
import type { ResetPlan, ResetStep } from '../../operations/reset/plan.ts'
import { listedPartitions } from '../text/listed.ts'
import { unreadableText } from './unreadable.ts'

/** The most partitions that a note lists. */
const MAX_LISTED = 5

/** Returns the sentence of a note, without a full stop. */
export function resetNoteText(note: ResetNote): string {
  switch (note.code) {
    case 'topic-missing':
      return `topic '${note.topic}' no longer exists`
    case 'undo-topic-missing':
      return `topic '${note.topic}' no longer exists: its offsets cannot be restored`
    case 'partition-missing':
      return `${partitionName(note)} does not exist and is left as it is`
    case 'no-offset-in-source':
      return `${partitionName(note)} is left as it is: ${note.source} has no offset for it`
    case 'unreadable-records':
      return `${unreadableText(note)}; events that cannot be read are counted by their offsets`
    case 'committed-outside-log': {
      const { committed, start, end, gone } = note
      const lost = gone === 0n ? '' : `; ${gone} event${gone === 1n ? ' was' : 's were'} deleted unread`
      return `${partitionName(note)}: the committed offset ${committed} is outside the log, which holds ${start} to ${end}${lost}`
    }
    case 'skips-open-transaction': {
      const { to, lastStable } = note
      return `${partitionName(note)}: offset ${to} is after the start of a transaction that is open at ${lastStable}; read-committed consumers will not get its events (--to ${lastStable} keeps them)`
    }
    case 'metadata-kept':
      return `commit metadata is kept, although some clients read a position from it: ${listedPartitions(note.partitions, MAX_LISTED)}`
    case 'moved-since':
      return `${partitionName(note)} has moved from ${note.from ?? 'none'} to ${note.to ?? 'none'} since the undo file was saved`
    case 'legacy-text':
      return note.text
  }
}

/** Returns the reason why a step does not go to the requested offset. */
export function clampText(clamped: Clamp, { start, end }: Pick<ResetStep, 'start' | 'end'>): string {
  switch (clamped.code) {
    case 'before-log-start':
      return `${clamped.wanted} is before the log's start ${start}`
    case 'beyond-log-end':
      return `${clamped.wanted} is beyond the log's end ${end}`
    case 'time-after-last-event':
      return 'no event has such a late timestamp'
    case 'legacy-text':
      return clamped.text
  }
}

/** The JSON document of a plan. Every note, and every `clamped` reason, has its sentence as `message`. */
export interface ResetDocument extends Omit<ResetPlan, 'notes' | 'steps'> {
  readonly notes: readonly (ResetNote & { readonly message: string })[]
  readonly steps: readonly (Omit<ResetStep, 'clamped'> & {
    readonly clamped: (Clamp & { readonly message: string }) | null
  })[]
}

export const resetDocument = (plan: ResetPlan): ResetDocument => ({
  ...plan,
  notes: plan.notes.map((note) => ({ ...note, message: resetNoteText(note) })),
  steps: plan.steps.map(({ clamped, ...step }) => ({
    ...step,
    clamped: clamped && { ...clamped, message: clampText(clamped, step) },
  })),
})
