import type { BusAdmin } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { TopicLog } from '../../bus/topic-log.ts'
import { RefusedError } from '../errors.ts'
import { flag, run, type Suggestion, shellWord } from '../suggestions.ts'
import type { GuardKind } from './config-file.ts'

/**
 * The protection of a bus by a profile: `read-only` refuses every change, `protected` asks the user to type the name of what is
 * changed.
 */
export interface Guard {
  readonly kind: GuardKind
  readonly profile: string
  /** The file that defines the profile. */
  readonly file: string
  /** Whether the guard was found by the address of the bus: its profile is not the one in force. */
  readonly isByAddress: boolean
}

/** Describes a guard in a message. */
export const describeGuard = ({ kind, profile, file, isByAddress }: Guard): string =>
  `${isByAddress ? `this is the bus of profile '${profile}', which` : `profile '${profile}'`} is ${kind} (${file})`

/** Builds the error for a change that a guard does not allow. */
export function refusedBy(
  guard: Guard,
  { profiles }: { readonly profiles: ReadonlyMap<string, { readonly isGuarded: boolean }> },
  ...suggestions: readonly Suggestion[]
): RefusedError {
  // Another profile does not lift a guard that was found by the address of the bus.
  const unguarded = guard.isByAddress ? undefined : [...profiles].find(([, { isGuarded }]) => !isGuarded)
  return new RefusedError(`${describeGuard(guard)}; nothing was done`, [
    ...suggestions,
    ...(unguarded === undefined ? [] : [flag(`--profile ${shellWord(unguarded[0])}`)]),
    run('crbus config'),
  ])
}

/** Whether each method of an interface changes the bus. A new method does not compile until it is listed. */
type Changes<T> = { readonly [Method in keyof T]: boolean }

const busChanges: Changes<EventBus> = {
  publish: true,
  // A subscription joins a group and commits offsets.
  subscribe: true,
  log: false,
  admin: false,
  close: false,
  [Symbol.asyncDispose]: false,
}

const logChanges: Changes<TopicLog> = {
  append: true,
  ranges: false,
  rangesOf: false,
  firstRecords: false,
  offsetsAt: false,
  read: false,
}

const adminChanges: Changes<BusAdmin> = {
  createTopic: true,
  deleteTopic: true,
  addPartitions: true,
  setTopicConfig: true,
  deleteRecords: true,
  createAcls: true,
  deleteAcls: true,
  commitOffsets: true,
  deleteOffsets: true,
  deleteGroup: true,
  listTopics: false,
  compactedTopics: false,
  describeTopic: false,
  topicSettings: false,
  validateTopicConfig: false,
  logDirs: false,
  clusterDetails: false,
  quotas: false,
  listAcls: false,
  listGroups: false,
  describeGroup: false,
  describeGroups: false,
  committedOffsets: false,
  committedOffsetsOf: false,
  describeCluster: false,
}

/** A bus that refuses every change until it is unlocked. */
export interface LockedBus {
  readonly bus: EventBus
  unlock(): void
}

/** Wraps a bus so that it refuses changes until it is unlocked, even if a command forgets to ask for confirmation. */
export function lockBus(bus: EventBus, refusal: () => Error): LockedBus {
  let isLocked = true
  const locked = <T extends object>(target: T, changes: Changes<T>, own: Partial<T> = {}): T =>
    new Proxy(target, {
      get(_, name) {
        if (isLocked && changes[name as keyof T]) return () => Promise.reject(refusal())
        const value: unknown = own[name as keyof T] ?? target[name as keyof T]
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const own = { log: locked(bus.log, logChanges), admin: locked(bus.admin, adminChanges) }
  return {
    bus: locked(bus, busChanges, own),
    unlock: () => {
      isLocked = false
    },
  }
}
