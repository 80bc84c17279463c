import type { BusAdmin } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { TopicLog } from '../../bus/topic-log.ts'
import { RefusedError } from '../errors.ts'
import type { Config } from './config.ts'
import type { GuardKind } from './config-file.ts'

/** What keeps a bus from being changed, or from being changed by mistake. */
export interface Guard {
  readonly kind: GuardKind
  readonly profile: string
  /** The file that says so. */
  readonly file: string
  /** The profile is not the one in force: the bus is its own. */
  readonly isByAddress: boolean
}

export const describeGuard = ({ kind, profile, file, isByAddress }: Guard): string =>
  `${isByAddress ? `this is the bus of profile '${profile}', which` : `profile '${profile}'`} is ${kind} (${file})`

/** A change that the guard does not let through. */
export function refusedBy(
  guard: Guard,
  { profiles }: Pick<Config, 'profiles'>,
  ...suggestions: string[]
): RefusedError {
  // No profile lifts the guard of the bus itself.
  const free = guard.isByAddress ? undefined : [...profiles].find(([, { isGuarded }]) => !isGuarded)
  return new RefusedError(`${describeGuard(guard)}; nothing was done`, [
    ...suggestions,
    ...(free === undefined ? [] : [`--profile ${free[0]}`]),
    'crbus config',
  ])
}

/** Whether a method changes something that a service or a person could see. */
type Changes<T> = { readonly [Method in keyof T]: boolean }

const busChanges: Changes<EventBus> = {
  publish: true,
  // Joins a group, and commits what was read.
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
  commitOffsets: true,
  deleteOffsets: true,
  deleteGroup: true,
  listTopics: false,
  compactedTopics: false,
  describeTopic: false,
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

/** For a command that forgot to ask: whatever reaches a guarded bus unasked is refused there. */
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
