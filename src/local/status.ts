import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  addressOf,
  type Engine,
  type Local,
  type LocalState,
  logFile,
  type Server,
  type ServerName,
  serverFolder,
  volumeName,
} from './model.ts'
import { accepts } from './ports.ts'
import { isRunning } from './processes.ts'
import { programsOnPath } from './programs.ts'
import { bytesInContainer, containerOf } from './servers/compose.ts'
import { postgresUrl, readPassword } from './servers/postgres.ts'
import { readState } from './state-file.ts'

/** Why a server is not healthy. */
export type ServerProblem =
  /** Its process or container has ended, although it was not stopped. */
  | { readonly code: 'ended' }
  /** Nothing accepts connections on its port. */
  | { readonly code: 'no-connection' }
  /** It accepts connections, but a request failed. */
  | { readonly code: 'no-answer'; readonly reason: string }
  /** Another broker answers on its port. */
  | { readonly code: 'other-broker'; readonly clusterId: string }

export interface ServerReport {
  readonly server: ServerName
  readonly software: string
  readonly version: string
  readonly address: string
  readonly state: 'healthy' | 'unhealthy' | 'stopped'
  readonly problem: ServerProblem | undefined
  readonly pid: number | undefined
  readonly containerId: string | undefined
  /** The folder of the data, or the volume of the container. */
  readonly data: string
  /** Absent: unknown, because the container is stopped. */
  readonly bytes: number | undefined
  /** Absent: the container engine keeps the log. */
  readonly log: string | undefined
}

export interface LocalReport {
  /** `absent`: there are no local servers. `stopped`: there is data. */
  readonly state: 'healthy' | 'unhealthy' | 'stopped' | 'absent'
  readonly engine: Engine | undefined
  readonly servers: readonly ServerReport[]
}

/** Inspects the local servers, without changing anything. */
export async function inspectLocal(local: Local): Promise<LocalReport> {
  const state = readState(local)
  if (state === undefined) return { state: 'absent', engine: undefined, servers: [] }
  const servers = await Promise.all(serversOf(state).map(([name]) => inspectServer(local, state, name)))
  return { state: overallState(servers), engine: state.engine, servers }
}

/** The servers of a state, the broker first. */
export const serversOf = ({ broker, postgres }: LocalState): (readonly [ServerName, Server])[] => [
  ['broker', broker],
  ...(postgres === undefined ? [] : [['postgres', postgres] as const]),
]

function overallState(servers: readonly ServerReport[]): LocalReport['state'] {
  const states = new Set(servers.map(({ state }) => state))
  return states.size === 1 ? (servers[0]?.state ?? 'absent') : 'unhealthy'
}

async function inspectServer(local: Local, state: LocalState, name: ServerName): Promise<ServerReport> {
  const server = state[name] as Server
  const { software, version } = server
  const program = state.engine === 'java' ? undefined : programsOnPath(local, state.engine)[0]
  const containerId = program && (await containerOf(local, program, name))
  const isAlive = await isServerAlive(server, containerId)
  const problem = isAlive ? await problemOf(local, state, name) : endedOrStopped(server)
  return {
    server: name,
    software,
    version,
    address: addressOf(server),
    state: problem !== undefined ? 'unhealthy' : isAlive ? 'healthy' : 'stopped',
    problem,
    pid: isAlive ? server.running?.pid : undefined,
    containerId,
    data: state.engine === 'java' ? serverFolder(local, name) : volumeName(local, name),
    bytes:
      program === undefined
        ? await bytesIn(serverFolder(local, name))
        : containerId && (await bytesInContainer(program, containerId, name)),
    log: state.engine === 'java' ? logFile(local, name) : undefined,
  } as ServerReport
}

const isServerAlive = async ({ running }: Server, containerId: string | undefined): Promise<boolean> =>
  containerId !== undefined || (running !== undefined && (await isRunning(running)))

/** A server that was stopped has no process in the state file. */
const endedOrStopped = ({ running }: Server): ServerProblem | undefined =>
  running === undefined ? undefined : { code: 'ended' }

/** Asks a running server for an answer. Returns why it is not healthy. */
export async function problemOf(local: Local, state: LocalState, name: ServerName): Promise<ServerProblem | undefined> {
  const server = state[name] as Server
  if (!(await accepts(server.port))) return { code: 'no-connection' }
  try {
    if (name === 'postgres') await local.checks.postgres(postgresUrl(server, readPassword(local) ?? ''))
    else {
      const clusterId = await local.checks.broker(addressOf(server))
      if (state.clusterId !== undefined && clusterId !== state.clusterId) return { code: 'other-broker', clusterId }
    }
    return undefined
  } catch (error) {
    return { code: 'no-answer', reason: (error as Error).message }
  }
}

/** Returns the size of all files in a folder, in bytes. Files that a server deletes meanwhile do not count. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0)
}
