import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
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

/** The ports that were returned before: their servers may not listen yet, so the system may offer them again. */
const taken = new Set<number>()

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  if (taken.has(address.port)) return freePort()
  taken.add(address.port)
  return address.port
}
