import * as kafkajs from 'kafkajs'
// @ts-expect-error kafkajs has no types for its internal modules
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

interface Queue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

// kafkajs sets a timer with a negative delay after every response, and Node warns of that. The timer is for pending requests,
// so this skips it if there are none.
const queue: Queue = RequestQueue.prototype
const { scheduleCheckPendingRequests } = queue
queue.scheduleCheckPendingRequests = function schedule(this: Queue) {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this)
}

/** kafkajs as a second client, for records that crbus cannot write. */
export const { Kafka, logLevel, Partitioners } = kafkajs
