import { serializedEvent } from '../../../src/bus/event.ts'
import { openEventStore } from '../../../src/store/open.ts'

/** The task of a process with a store, as `StoreContract.start` passes it to this program. */
export type StoreTask =
  /** Takes a lease and holds it until the process is killed. */
  | { readonly do: 'lease'; readonly owner: string }
  /** Appends `times` events to a stream, one at a time. Each event contains the number of its writer. */
  | { readonly do: 'append'; readonly streamId: string; readonly times: number; readonly by: number }
  /** Uses the store, takes a lease, and ends without closing anything. */
  | { readonly do: 'leave' }
  /** Commits batches until it is killed. Each commit has a new stream with one event, and a message. */
  | { readonly do: 'commit'; readonly owner: string }

const [location, task] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [string, StoreTask]
const store = await openEventStore(location)

if (task.do === 'lease') {
  const lease = await store.outbox.lease(task.owner)
  console.log(lease === undefined ? 'refused' : 'holding')
  // Keeps the process alive until it is killed.
  setInterval(() => undefined, 60_000)
} else if (task.do === 'append') {
  console.log('appending')
  for (let time = 0; time < task.times; time += 1) {
    const event = serializedEvent('Counted.v1', Uint8Array.of(task.by, time))
    console.log(await store.append(task.streamId, 'any', [event]))
  }
  await store.close()
} else if (task.do === 'leave') {
  await store.append('order-1', 0, [serializedEvent('Counted.v1', Buffer.of())])
  await store.outbox.lease('billing')
  console.log('leaving')
} else {
  for (let number = 0; ; number += 10) {
    const commits = Array.from({ length: 10 }, (_, index) => {
      const event = serializedEvent('Counted.v1', Buffer.from(String(number + index)))
      return {
        appends: [{ streamId: `count-${number + index}`, expectedVersion: 0, events: [event] }],
        messages: [{ topic: 'count-events', event }],
      }
    })
    await store.commit(task.owner, commits)
    if (number === 50) console.log('committing')
  }
}
