import { expect, test } from 'vitest'
import { conversationLimit } from '../../../src/testing/conversation-limit.ts'

test('refuses a commit of 200,000 events to one conversation, without a stack overflow', () => {
  const limit = conversationLimit('checkout-saga-', 1000)
  const event = { eventType: 'Repeated.v1', eventVersion: 1, data: new Uint8Array(), metadata: null }
  const events = new Array<typeof event>(200_000).fill(event)

  limit.count({ appends: [{ streamId: 'checkout-saga-1', expectedVersion: 0, events }] })

  expect(() => limit.check()).toThrow('the conversation checkout-saga-1 does not end')
})
