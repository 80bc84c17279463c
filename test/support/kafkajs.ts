import * as kafkajs from 'kafkajs'
// @ts-expect-error kafkajs types its front door only
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

interface Queue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

// kafkajs sets a timer of a negative time after every answer, of which Node warns. The timer is for pending requests, so
// it is left out where there are none.
const queue: Queue = RequestQueue.prototype
const { scheduleCheckPendingRequests } = queue
queue.scheduleCheckPendingRequests = function schedule(this: Queue) {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this)
}

/** kafkajs as another client, for what crbus cannot write. */
export const { Kafka, logLevel, Partitioners } = kafkajs
