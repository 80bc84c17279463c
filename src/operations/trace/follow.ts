import type { EventBus } from '../../bus/event-bus.ts'
import { type FollowRequest, followTopics } from '../tail/follow-topics.ts'
import type { Gathered } from './gather.ts'
import type { GatherRequest } from './gather-request.ts'
import { conversationTest, isLinked } from './match.ts'
import { copied, type Message, toMessage } from './message.ts'

/** Which conversation to follow, after which messages. */
export interface FollowedConversation
  extends Pick<GatherRequest, 'correlationId' | 'reading' | 'signal'>,
    Pick<FollowRequest, 'matches' | 'onNotice' | 'onOutage'> {
  readonly gathered: Gathered
}

/** Yields the messages of a conversation that are published from now on, also those that only name one of its messages as cause. */
export async function* followConversation(
  bus: EventBus,
  { correlationId, reading, gathered, ...following }: FollowedConversation,
): AsyncGenerator<readonly Message[]> {
  const belongs = conversationTest(correlationId)
  const known = new Set(gathered.messages.flatMap(({ id }) => id ?? []))
  const missing: ReadonlySet<string> = new Set()
  const slices = gathered.slices.map(({ topic, partition, to }) => ({ topic, partition, from: to }))
  for await (const batch of followTopics(bus, { ...following, slices })) {
    const records = batch.filter((record) => belongs(record) || isLinked(record, { known, missing })).map(copied)
    if (records.length === 0) continue
    await reading.decoder?.prepare(records)
    const messages = records.map((record) => toMessage(record, reading))
    for (const { id } of messages) if (id !== undefined) known.add(id)
    yield messages
  }
}
