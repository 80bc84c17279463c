import type { SagaTimeline, SentMessage } from '../timeline.ts'
import type { ReplayedMessage, ReplayedSaga } from './replay-saga.ts'

/** How the code of today differs from what happened. `version` and `eventType` are those of the stored event. */
export type WhatIfDifference = { readonly version: number; readonly eventType: string } & (
  | { readonly code: 'error'; readonly reason: string }
  /** The event had an effect when it was stored, and has none now. */
  | { readonly code: 'ignored' }
  /** The code sends a message that was not sent. */
  | { readonly code: 'newly-sent'; readonly topic: string; readonly messageType: string }
  /** The code does not send a message that was sent. */
  | { readonly code: 'no-longer-sent'; readonly topic: string; readonly messageType: string }
  /** The code sends a message of the same type with other content. */
  | { readonly code: 'changed'; readonly topic: string; readonly messageType: string }
)

/**
 * Compares what the code of today does with what was stored and sent. Messages from before the oldest event of the topics are not
 * compared, because they may be deleted.
 */
export function compareWithSent(
  { transitions, sentKnownSince, sentTopics }: SagaTimeline,
  { steps, failed }: ReplayedSaga,
): readonly WhatIfDifference[] {
  const replayed = new Map(steps.map((step) => [step.version, step]))
  const differences: WhatIfDifference[] = []
  for (const { version, eventType, at, sent } of transitions) {
    if (version === undefined) continue
    if (failed?.version === version) differences.push({ version, eventType, code: 'error', reason: failed.reason })
    const step = replayed.get(version)
    if (step === undefined) continue
    if (step.isIgnored) differences.push({ version, eventType, code: 'ignored' })
    if (at < sentKnownSince) continue
    const today = step.messages.filter(({ topic }) => sentTopics.includes(topic))
    for (const found of compareMessages(sent, today)) differences.push({ version, eventType, ...found })
  }
  return differences
}

function compareMessages(sent: readonly SentMessage[], today: readonly ReplayedMessage[]) {
  const same = new Set(today.map(({ id }) => id))
  const known = new Set(sent.map(({ id }) => id))
  const missing = sent.filter(({ id }) => id === undefined || !same.has(id))
  const added = today.filter(({ id }) => !known.has(id))
  const found: {
    readonly code: 'newly-sent' | 'no-longer-sent' | 'changed'
    readonly topic: string
    readonly messageType: string
  }[] = []
  for (const { topic, eventType } of missing) {
    const at = added.findIndex((message) => message.topic === topic && message.eventType === eventType)
    if (at !== -1) added.splice(at, 1)
    found.push({ code: at === -1 ? 'no-longer-sent' : 'changed', topic, messageType: eventType })
  }
  for (const { topic, eventType } of added) found.push({ code: 'newly-sent', topic, messageType: eventType })
  return found
}
