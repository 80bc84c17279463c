import { existsSync, readFileSync } from 'node:fs'
import { kill } from 'node:process'
import { EventBusError } from '../bus/errors.ts'
import { monotonicClock } from '../bus/time/monotonic-clock.ts'
import { sleep } from '../bus/time/sleep.ts'
import type { ProcessId } from './model.ts'
import { runProgram } from './programs.ts'

/** How long a server may take to end after a signal before it is killed. Kafka takes two to five seconds. */
const MAX_STOP_MS = 20_000

/**
 * A shell script that becomes the program in its arguments, after the file for its output and a signal. A subshell waits for a line on the pipe
 * that is the input of the script. If the pipe closes without the line `keep`, it sends the signal to the program; that also happens if crbus
 * is killed. Other users of this machine cannot read what the program writes.
 */
const GUARD = `umask 077; log=$1; signal=$2; shift 2
exec 3<&0 </dev/null >>"$log" 2>&1
(read -r answer <&3; [ "$answer" = keep ] || kill -s "$signal" $$) &
exec "$@" 3<&-`

/** A process that was started and ends with crbus until `keep` is called. */
export interface Started extends ProcessId {
  /** Lets the process outlive crbus. */
  keep(): void
}

interface Start {
  readonly cwd: string
  /** The file that receives the output. */
  readonly log: string
  /** The signal that ends the program, without `SIG`, if crbus is killed before it calls `keep`. */
  readonly abandoned: 'KILL' | 'QUIT'
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a program in a session of its own, so that it survives the terminal. */
export async function startProcess(command: readonly string[], { cwd, log, abandoned, env }: Start): Promise<Started> {
  const { execa } = await import('execa')
  const { pid, stdin, nodeChildProcess } = execa('sh', ['-c', GUARD, 'sh', log, abandoned, ...command], {
    cwd,
    env: { ...env },
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  const found = pid === undefined ? undefined : await identify(pid)
  if (found === undefined)
    throw new EventBusError('CONNECTION_FAILED', `${command[0]} ended when it was started; see ${log}`)
  return {
    ...found,
    keep: () => {
      stdin.end('keep\n')
      nodeChildProcess.unref()
    },
  }
}

/** Returns a running process with its start time; `undefined` if there is no such process, or only its exit status is left. */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  const startedAt = existsSync('/proc/self/stat') ? startOnLinux(pid) : await startByPs(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export const isRunning = async ({ pid, startedAt }: ProcessId): Promise<boolean> =>
  (await identify(pid))?.startedAt === startedAt

/** Reads the fields of proc_pid_stat(5): the state is field 3, the start time since the boot is field 22. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in parentheses, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`
  } catch {
    return undefined
  }
}

async function startByPs(pid: number): Promise<string | undefined> {
  const { ok, output } = await runProgram('ps', ['-o', 'state=,lstart=', '-p', `${pid}`], { env: { LC_ALL: 'C' } })
  const [state, ...start] = output.trim().split(/\s+/)
  return ok && state !== undefined && !state.startsWith('Z') ? start.join(' ') : undefined
}

/** Stops a process and waits for its end. Returns false if it did not end by the signal and had to be killed. */
export async function stopProcess(running: ProcessId, signal: NodeJS.Signals): Promise<boolean> {
  if (await hasEnded(running, signal, MAX_STOP_MS)) return true
  await hasEnded(running, 'SIGKILL', MAX_STOP_MS)
  return false
}

async function hasEnded(running: ProcessId, signal: NodeJS.Signals, wait: number): Promise<boolean> {
  if (!(await isRunning(running))) return true
  send(running.pid, signal)
  const until = monotonicClock.now() + wait
  while (monotonicClock.now() < until) {
    if (!(await isRunning(running))) return true
    await sleep(50)
  }
  return false
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal)
  } catch (error) {
    // The process ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
