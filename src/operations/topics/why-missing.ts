import { EventBusError, topicNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'

/**
 * Returns why a topic is not in the list of topics: it does not exist, or the user may not see it. Brokers leave out topics without
 * the ACL to describe them, and tell the reason only when asked for the topic itself.
 */
export async function whyMissing(bus: EventBus, topic: string): Promise<EventBusError> {
  try {
    await bus.admin.describeTopic(topic)
  } catch (error) {
    if (error instanceof EventBusError) return error
    throw error
  }
  // It was created since the list was read.
  return topicNotFound(topic)
}
