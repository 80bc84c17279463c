import { readFileSync, statSync } from 'node:fs'
import type { LeaseState } from '../backlog.ts'

/** Linux lists the locks on files here (https://man7.org/linux/man-pages/man5/proc_locks.5.html). */
const LOCKS = '/proc/locks'

/** A line such as `1: POSIX  ADVISORY  WRITE 4711 fe:00:9977868 1073741824 1073742335`: process, device, inode, bytes. */
const WRITE_LOCK = /^\d+: POSIX +\S+ +WRITE (?<processId>\d+) (?<device>[\da-f]+:[\da-f]+):(?<inode>\d+) /

/**
 * Finds the process that has locked a file for writing, without opening the file: to ask by a lock would keep another process
 * from taking the lease. `unknown` on a system that does not list locks, and on a file system whose files have another device in
 * the list.
 */
export function holderOf(path: string, readLocks = () => readFileSync(LOCKS, 'utf8')): LeaseState {
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined) return { state: 'free' }
  let locks: string
  try {
    locks = readLocks()
  } catch {
    return { state: 'unknown' }
  }
  const found = locks
    .split('\n')
    .map((line) => WRITE_LOCK.exec(line)?.groups)
    .filter((groups) => groups?.inode === String(file.ino))
  const own = found.find((groups) => groups?.device === deviceOf(file.dev))
  if (own !== undefined) return { state: 'held', processId: Number(own.processId) }
  return { state: found.length === 0 ? 'free' : 'unknown' }
}

/** Returns a device number as `major:minor` in hexadecimal digits, as glibc's `gnu_dev_major` and `gnu_dev_minor` split it. */
function deviceOf(device: number): string {
  const major = (device >>> 8) & 0xfff
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00)
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')
}
