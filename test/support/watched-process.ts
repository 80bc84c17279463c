import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A shell script for `sh -c WATCHED sh PROGRAM ARGUMENT…` with a pipe from the test process as stdin. Runs the program and
 * kills it when the pipe closes. Otherwise a server would outlive a killed test run.
 */
export const WATCHED = `exec 3<&0
"$@" </dev/null & server=$!
echo $server > server.pid
{ cat >/dev/null; kill -9 $server 2>/dev/null; } <&3 &
watcher=$!
wait $server; status=$?
kill $watcher 2>/dev/null
exit $status`

/** Returns the process of the program, found by the folder that it was started in. */
export function watchedPid(folder: string): number | undefined {
  const file = join(folder, 'server.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has already ended.
  }
}

/**
 * Ports for servers. Systems give higher ones to outgoing connections, which could take the port of a server that is about to start,
 * or connect to themselves where a server has stopped.
 */
const FIRST_PORT = 12_000
const PORT_COUNT = 20_000

/** A file for each port that a test process has reserved, with the id of the process: its server may not listen yet. */
const RESERVED = join(tmpdir(), 'crbus-test-ports')

/** Returns a port of 127.0.0.1 on which no server listens. Other test processes do not get the same one. */
export async function freePort(): Promise<number> {
  mkdirSync(RESERVED, { recursive: true })
  for (let tried = 0; tried < PORT_COUNT; tried += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT)
    if (reserve(port) && (await canListen(port))) return port
  }
  throw new Error('no free port')
}

/** Reserves the port until this process ends. Returns false if another process has reserved it. */
function reserve(port: number): boolean {
  const file = join(RESERVED, `${port}`)
  try {
    if (existsSync(file) && !isRunning(Number(readFileSync(file, 'utf8')))) rmSync(file, { force: true })
    writeFileSync(file, `${process.pid}`, { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  } catch {
    return false
  }
  await new Promise((resolve) => server.close(resolve))
  return true
}
