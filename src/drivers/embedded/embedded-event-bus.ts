import type { BusDriver } from '../../bus/driver-port.ts'
import { subscriptionFailed } from '../../bus/errors.ts'
import { defaultGroup } from '../../bus/names/names.ts'
import { DriverEventBus } from '../event-bus.ts'
import { embeddedAdmin } from './admin.ts'
import { createOnFirstWrite } from './create-on-first-write.ts'
import { guarded, openDatabase } from './database.ts'
import { type EmbeddedEventBusOptions, embeddedOptions } from './embedded-options.ts'
import { EmbeddedMember } from './group-member.ts'
import { EmbeddedLog, type OnTopicCreated } from './log.ts'
import { toOpenFile } from './open-file.ts'

/**
 * A bus in one file, for any number of processes on one machine. It needs no server and opens in milliseconds.
 *
 * **Order.** Records of one partition arrive in offset order. `admin.createTopic` creates 3 partitions by default.
 *
 * **Delivery.** At least once. Events whose `publish` has resolved survive a crash of the process; a crash of the machine may
 * lose the most recent ones. A publish of more than 2000 events takes several transactions; if one fails, the events of the
 * earlier transactions are published, in order.
 *
 * **Cost.** Each call blocks the event loop during its transaction, because access to SQLite is synchronous. Records of other
 * processes arrive within about 25 ms: a waiting reader polls the file 40 times a second, and each poll takes a few microseconds.
 *
 * **Disk.** When the disk is full, a write rejects and its transaction is rolled back. A subscription waits for space, reports
 * the outage to `onOutage` and keeps acknowledgements in memory meanwhile. A read-only file can be read.
 *
 * **Groups.** As on Redpanda: the default group is named after the sorted topics and starts at `latest`.
 *
 * **Failure.** Everything thrown is an `EventBusError`. A call fails when another process locks the file for more than 10 s;
 * following readers and subscriptions wait for it (`onOutage`, `outageLimit`). **Ownership.** Closed by `close` or
 * `await using`.
 *
 * @example
 * ```ts
 * import { EmbeddedEventBus, serializedEvent } from 'crbus'
 *
 * await using bus = new EmbeddedEventBus({ path: 'data/bus.db' })
 * await bus.admin.createTopic('order-events')
 * await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')))
 *
 * await using stream = await bus.subscribe(['order-events'], { group: 'billing', autoOffsetReset: 'earliest' })
 * const { value: received } = await stream.next()
 * received?.ok && received.event.eventType // => 'OrderPlaced.v1'
 * ```
 */
export class EmbeddedEventBus extends DriverEventBus {
  /**
   * Opens the file, and creates it unless `makeOnChange` is set. Throws `REFUSED` for an unknown or invalid option, and
   * `REFUSED` or `CONNECTION_FAILED` when the file cannot be opened.
   */
  constructor(options: EmbeddedEventBusOptions) {
    super(embeddedDriver(embeddedOptions(options)), options, {
      kind: 'embedded',
      settings: { path: options.path },
      autoOffsetReset: 'latest',
      groupFor: defaultGroup,
    })
  }
}

function embeddedDriver({ makeOnChange = false, ...options }: EmbeddedEventBusOptions): BusDriver {
  const { path } = options
  if (!makeOnChange) return fileDriver(path, options)
  return createOnFirstWrite(path, {
    openFile: () => fileDriver(path, options),
    openEmpty: () => fileDriver(':memory:', options),
  })
}

/** Opens a driver on the SQLite file `file`. Error messages and descriptions show `path` instead. */
function fileDriver(
  file: string,
  {
    path,
    sessionTimeout = 6000,
    clientId = 'crbus',
    createTopics = false,
    onTopicCreated,
  }: Omit<EmbeddedEventBusOptions, 'makeOnChange'>,
): BusDriver {
  const { shared, log } = guarded(path, () => openFile(file, path, createTopics, onTopicCreated))
  const { database, topics, changes } = shared
  const members = new Set<EmbeddedMember>()
  return {
    log,
    admin: embeddedAdmin(shared),

    async join(request) {
      if (!database.isOpen) throw subscriptionFailed(request.topics, 'the bus is closed')
      const member = new EmbeddedMember(request, { clientId, sessionTimeout }, shared)
      members.add(member)
      return member
    },

    async close() {
      if (!database.isOpen) return
      const left = await Promise.allSettled([...members].map((member) => member.close()))
      topics.close()
      changes.notify()
      // Let waiting readers see that the log is closed before the file is closed.
      await new Promise((resolve) => setImmediate(resolve))
      guarded(path, () => database.close())
      for (const result of left) if (result.status === 'rejected') throw result.reason
    },
  }
}

function openFile(file: string, path: string, createTopics: boolean, onTopicCreated: OnTopicCreated | undefined) {
  const database = openDatabase(file)
  try {
    const shared = toOpenFile(database, path, createTopics)
    return { shared, log: new EmbeddedLog(shared, onTopicCreated) }
  } catch (error) {
    database.close()
    throw error
  }
}
