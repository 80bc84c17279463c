import type { BusDriver } from '../../bus/driver.ts'
import { subscriptionFailed } from '../../bus/errors.ts'
import { defaultGroup } from '../../bus/names.ts'
import { DriverEventBus, type EventBusOptions } from '../event-bus.ts'
import { embeddedAdmin } from './admin.ts'
import { Changes } from './changes.ts'
import { guarded, openDatabase } from './database.ts'
import { embeddedOptions } from './embedded-options.ts'
import { EmbeddedMember } from './groups.ts'
import { EmbeddedLog, type LogOptions } from './log.ts'
import { madeOnChange } from './made-on-change.ts'

export interface EmbeddedEventBusOptions extends EventBusOptions {
  /** The file. It and its folder are made when they are not there. */
  readonly path: string
  /** Make the file when the bus is first changed instead of when it is opened: reading then leaves nothing. Default false. */
  readonly makeOnChange?: boolean | undefined
  /**
   * Creates a topic of 3 partitions when it is published or subscribed to and does not exist, instead of rejecting with
   * `TOPIC_NOT_FOUND`. Default false.
   */
  readonly createTopics?: boolean | undefined
  /** Told of each topic that a publish creates. */
  readonly onTopicCreated?: ((topic: string, partitions: number) => void) | undefined
  /** How long a member of a group may be silent before its partitions go to others. Milliseconds; default 6000. */
  readonly sessionTimeout?: number | undefined
  /** Who this is, in descriptions of groups. Default `crbus`. */
  readonly clientId?: string | undefined
}

/**
 * A bus in one file, for any number of processes of this machine. Needs no server; opens in milliseconds.
 *
 * **Order.** Records of one partition arrive in offset order. `admin.createTopic` creates a topic of 3 partitions, unless
 * it is told otherwise.
 *
 * **Delivery.** At least once. What `publish` resolved for survives the death of the process; the death of the machine
 * may take the last moments. A publish of more than 2000 events is several transactions: one that fails half-way has
 * published a whole number of them, in order.
 *
 * **Cost.** Synchronous underneath: a call holds the event loop for its transaction. Other processes' records are seen
 * within about 25 ms; a waiting reader asks the file 40 times a second, which is a few microseconds each.
 *
 * **Disk.** What cannot be written for want of space rejects, and nothing of its transaction is written. A subscription
 * waits for space, tells `onOutage`, and keeps what was acknowledged meanwhile. A file that may not be written can be
 * read.
 *
 * **Groups.** As on Redpanda: the default group is named after the sorted topics and begins at `latest`.
 *
 * **Failure.** Everything thrown is an `EventBusError`. Another process that keeps the file to itself for more than 10 s
 * fails a call; readers that follow, and subscriptions, wait for it (`onOutage`, `outageLimit`). **Ownership.** Closed by `close` or `await using`.
 */
export class EmbeddedEventBus extends DriverEventBus {
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
  return madeOnChange(path, {
    openFile: () => fileDriver(path, options),
    openEmpty: () => fileDriver(':memory:', options),
  })
}

/** A driver of a SQLite file that calls itself by `path`. */
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
  const { database, changes, log } = guarded(path, () => openFile(file, path, { createTopics, onTopicCreated }))
  const members = new Set<EmbeddedMember>()
  return {
    log,
    admin: embeddedAdmin(database, log, changes, path),

    async join(request) {
      if (!database.isOpen) throw subscriptionFailed(request.topics, 'the bus is closed')
      const member = new EmbeddedMember(request, { clientId, sessionTimeout }, { database, log, changes, path })
      members.add(member)
      return member
    },

    async close() {
      if (!database.isOpen) return
      const left = await Promise.allSettled([...members].map((member) => member.close()))
      log.close()
      // Readers that were waiting find the log closed before the file is.
      await new Promise((resolve) => setImmediate(resolve))
      guarded(path, () => database.close())
      for (const result of left) if (result.status === 'rejected') throw result.reason
    },
  }
}

function openFile(file: string, path: string, options: LogOptions) {
  const database = openDatabase(file)
  try {
    const changes = new Changes(database)
    return { database, changes, log: new EmbeddedLog(database, changes, path, options) }
  } catch (error) {
    database.close()
    throw error
  }
}
