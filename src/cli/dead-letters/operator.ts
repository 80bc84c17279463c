import { readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { Operator } from '../../operations/dead-letters/sending/claim.ts'

/** Returns the user and the process that change dead letters. */
export function thisOperator(env: Readonly<Record<string, string | undefined>>): Operator {
  return {
    name: `${userName(env)}@${hostname()}`,
    machine: `${hostname()} ${processNamespace()}`.trim(),
    processId: process.pid,
    isRunning,
  }
}

/** The user may have no name, as in a container with an arbitrary user id. */
function userName({ USER, USERNAME }: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username
  } catch {
    return USER ?? USERNAME ?? 'unknown'
  }
}

/** On Linux, tells containers of one host name apart, because each has process ids of its own. Empty elsewhere. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function isRunning(processId: number): boolean {
  try {
    // Signal 0 only checks.
    process.kill(processId, 0)
    return true
  } catch (error) {
    // The process of another user exists, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
