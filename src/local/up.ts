import { existsSync, readFileSync } from 'node:fs'
import { EventBusError, withLines } from '../bus/errors.ts'
import { monotonicClock } from '../bus/time/monotonic-clock.ts'
import { sleep } from '../bus/time/sleep.ts'
import { makeFolder } from '../files/make-folder.ts'
import { type FoundEngine, findEngine } from './find-engine.ts'
import { localHints } from './hints.ts'
import {
  addressOf,
  type Engine,
  type Local,
  type LocalState,
  logFile,
  refused,
  type Server,
  type ServerName,
  serverFolder,
  volumeName,
} from './model.ts'
import { freePort, isFree } from './ports.ts'
import { isRunning, type Started, startProcess, stopProcess } from './processes.ts'
import { lastLines, programsOnPath } from './programs.ts'
import { composeDown, composeUp, containerOf, endOfContainerLog, POSTGRES, REDPANDA } from './servers/compose.ts'
import { fetchJars, JAVA_ENV, newClusterId, prepareKafka } from './servers/kafka.ts'
import {
  type FoundPostgres,
  findPostgres,
  type NoPostgres,
  newPassword,
  postgresUrl,
  preparePostgres,
  readPassword,
  writePassword,
} from './servers/postgres.ts'
import { readState, writeState } from './state-file.ts'
import { problemOf, type ServerProblem, serversOf } from './status.ts'

/** Ports that services expect. */
const USUAL_PORTS = { broker: 9092, postgres: 5432 } as const

export interface UpOptions {
  readonly engine?: Engine | undefined
  /** The folder of Kafka's jars. */
  readonly jars?: string | undefined
  /** The port of the broker. Default: that of the last start, else 9092 if it is free. */
  readonly port?: number | undefined
}

interface PlannedServer extends Pick<Server, 'port' | 'software' | 'version'> {
  readonly server: ServerName
  readonly isRunning: boolean
  /** The folder of the data, or the volume of the container. */
  readonly data: string
  /** The port that it would have if that port was not in use. */
  readonly takenPort: number | undefined
}

export interface UpPlan {
  readonly found: FoundEngine
  readonly servers: readonly PlannedServer[]
  /** Why Postgres is not started. */
  readonly withoutPostgres: NoPostgres | undefined
  readonly postgres: FoundPostgres | undefined
  /** The password of Postgres. */
  readonly password: string
  /** The state before. */
  readonly state: LocalState | undefined
}

/** Plans what to start and where. Changes nothing. Throws `REFUSED` if there is nothing to start a broker with. */
export async function planUp(local: Local, options: UpOptions): Promise<UpPlan> {
  const state = readState(local)
  const engine = options.engine ?? state?.engine
  if (state !== undefined && engine !== state.engine) {
    throw refused(
      `the data of the local servers belongs to ${state.engine}, and ${engine} cannot use it; nothing was started`,
      localHints.purgeLocal(),
    )
  }
  const found = await findEngine(local, { ...options, engine })
  const postgres = found.engine === 'java' ? await findPostgres(local) : undefined
  const hasNone = postgres !== undefined && 'code' in postgres
  const names: readonly ServerName[] = hasNone ? ['broker'] : ['broker', 'postgres']
  const servers: PlannedServer[] = []
  for (const server of names) {
    const { software, version } = releaseOf(server, found, postgres)
    const isUp = await isServerUp(local, state, server)
    const wanted = server === 'broker' ? options.port : undefined
    const { port, takenPort } = await choosePort(server, state?.[server]?.port, wanted, isUp)
    const data = found.engine === 'java' ? serverFolder(local, server) : volumeName(local, server)
    const release = isUp && state?.[server] ? { ...state[server] } : { software, version }
    servers.push({
      server,
      software: release.software,
      version: release.version,
      port,
      isRunning: isUp,
      data,
      takenPort,
    })
  }
  return {
    found,
    servers,
    withoutPostgres: hasNone ? postgres : undefined,
    postgres: hasNone ? undefined : postgres,
    password: readPassword(local) ?? newPassword(),
    state,
  }
}

function releaseOf(server: ServerName, found: FoundEngine, postgres: FoundPostgres | NoPostgres | undefined) {
  if (server === 'postgres') {
    return { software: 'PostgreSQL', version: postgres && 'version' in postgres ? postgres.version : POSTGRES }
  }
  return found.engine === 'java'
    ? { software: 'Apache Kafka', version: found.release }
    : { software: 'Redpanda', version: REDPANDA }
}

async function isServerUp(local: Local, state: LocalState | undefined, server: ServerName): Promise<boolean> {
  const running = state?.[server]?.running
  if (running !== undefined) return isRunning(running)
  if (state === undefined || state.engine === 'java') return false
  const [program] = programsOnPath(local, state.engine)
  return program !== undefined && (await containerOf(local, program, server)) !== undefined
}

async function choosePort(
  server: ServerName,
  last: number | undefined,
  wanted: number | undefined,
  isUp: boolean,
): Promise<Pick<PlannedServer, 'port' | 'takenPort'>> {
  const port = wanted ?? last ?? USUAL_PORTS[server]
  if (isUp && port !== last) {
    throw refused(`the ${server} runs on port ${last}, not on port ${port}; nothing was done`, localHints.stopLocal())
  }
  if (isUp || (await isFree(port))) return { port, takenPort: undefined }
  if (wanted === undefined) return { port: await freePort(), takenPort: port }
  throw refused(`port ${port} of 127.0.0.1 is in use; nothing was started`, localHints.choosePort())
}

/** What the user gets: the addresses of the servers. The address of Postgres contains its password. */
export interface Addresses {
  readonly brokers: string
  readonly store: string | undefined
}

export function addressesOf({ servers, password }: UpPlan): Addresses {
  const portOf = (name: ServerName) => servers.find(({ server }) => server === name)
  const [broker, postgres] = [portOf('broker'), portOf('postgres')]
  return {
    brokers: addressOf(broker as PlannedServer),
    store: postgres && postgresUrl(postgres, password),
  }
}

/**
 * Starts the planned servers and waits until they are healthy, at most `wait` milliseconds. If that fails or the signal aborts,
 * stops what it has started, and throws.
 */
export async function applyUp(local: Local, plan: UpPlan, wait: number): Promise<void> {
  for (const folder of [local.stateFolder, local.dataFolder]) makeFolder(folder, 0o700)
  const started = new Map<ServerName, Started>()
  let state = stateBefore(plan)
  writePassword(local, plan.password)
  // Stored before anything is started, so that `down` finds the servers even if crbus is killed.
  writeState(local, state)
  try {
    if (plan.found.engine !== 'java') {
      const { broker, postgres } = state as LocalState & { readonly postgres: Server }
      local.onProgress({ code: 'starting', server: 'broker' })
      const ports = { broker: broker.port, postgres: postgres.port }
      await composeUp(local, plan.found.program, ports, plan.password)
    } else {
      for (const { server, isRunning: isUp } of plan.servers) {
        if (isUp) continue
        const running = await startServer(local, plan, state, server)
        started.set(server, running)
        const { pid, startedAt } = running
        state = { ...state, [server]: { ...state[server], running: { pid, startedAt } } }
        writeState(local, state)
      }
    }
    await untilHealthy(local, plan.found, state, wait)
    local.signal.throwIfAborted()
    for (const running of started.values()) running.keep()
  } catch (error) {
    await undoStart(local, plan, state, started)
    throw error
  }
}

/** The state with the ports of the plan, and without processes that have ended. */
function stateBefore({ found, servers, state }: UpPlan): LocalState {
  const planned = Object.fromEntries(
    servers.map(({ server, port, software, version, isRunning: isUp }) => [
      server,
      { port, software, version, running: isUp ? state?.[server]?.running : undefined },
    ]),
  ) as Pick<LocalState, ServerName>
  const clusterId = found.engine === 'java' ? (state?.clusterId ?? newClusterId()) : undefined
  return { postgres: state?.postgres, ...planned, engine: found.engine, clusterId }
}

async function startServer(local: Local, plan: UpPlan, state: LocalState, server: ServerName): Promise<Started> {
  const { port } = state[server] as Server
  const start = { cwd: local.dataFolder, log: logFile(local, server) }
  if (server === 'postgres') {
    const command = await preparePostgres(local, plan.postgres as FoundPostgres, port)
    local.onProgress({ code: 'starting', server })
    // SIGQUIT ends the processes of Postgres at once. After SIGKILL, they would live on and disturb the next start.
    return startProcess(command, { ...start, abandoned: 'QUIT' })
  }
  const found = plan.found as Extract<FoundEngine, { readonly engine: 'java' }>
  const jars = 'folder' in found.jars ? found.jars.folder : await fetchJars(local, found.jars.mvn)
  const clusterId = state.clusterId as string
  const command = await prepareKafka(local, { java: found.java, jars, port, clusterId })
  local.onProgress({ code: 'starting', server })
  return startProcess(command, { ...start, abandoned: 'KILL', env: JAVA_ENV })
}

/** Waits until all servers are healthy. Throws `CONNECTION_FAILED` with the reason if a server ends or the time is over. */
async function untilHealthy(local: Local, found: FoundEngine, state: LocalState, wait: number): Promise<void> {
  const until = monotonicClock.now() + wait
  for (const [server, { running }] of serversOf(state)) {
    if (state.engine === 'java' && running === undefined) continue
    local.onProgress({ code: 'waiting', server })
    for (;;) {
      local.signal.throwIfAborted()
      const problem = await problemOf(local, state, server)
      if (problem === undefined) break
      if (running !== undefined && !(await isRunning(running))) throw endedAtStart(local, server)
      if (monotonicClock.now() > until) throw await notHealthy(local, found, server, wait, problem)
      await sleep(200, local.signal)
    }
  }
}

function endedAtStart(local: Local, server: ServerName): EventBusError {
  const log = logFile(local, server)
  const end = existsSync(log) ? lastLines(readFileSync(log, 'utf8')) : []
  const message = `the ${server} ended while it was starting; the end of ${log}`
  return new EventBusError('CONNECTION_FAILED', withLines(message, end))
}

async function notHealthy(
  local: Local,
  found: FoundEngine,
  server: ServerName,
  wait: number,
  problem: ServerProblem,
): Promise<EventBusError> {
  // The log of a container is removed with it.
  const end = found.engine === 'java' ? [] : await endOfContainerLog(local, found.program, server)
  const log =
    found.engine === 'java' ? `; its log is ${logFile(local, server)}` : end.length > 0 ? '; the end of its log' : ''
  const reason = 'reason' in problem ? `: ${problem.reason}` : ''
  const seconds = Math.round(wait / 1000)
  return new EventBusError(
    'CONNECTION_FAILED',
    withLines(`the ${server} was not healthy after ${seconds} s, so what was started was stopped${reason}${log}`, end),
    { hints: [localHints.waitForServers()] },
  )
}

/** Stops what a failed start has started. Its data stays. */
async function undoStart(
  local: Local,
  { found, servers }: UpPlan,
  state: LocalState,
  started: ReadonlyMap<ServerName, Started>,
): Promise<void> {
  if (found.engine !== 'java') {
    if (servers.every(({ isRunning: isUp }) => !isUp)) await composeDown(local, found.program, false)
    return
  }
  await Promise.all([...started].map(([server, running]) => stopProcess(running, stopSignal(server))))
  const stopped = Object.fromEntries(
    [...started.keys()].map((server) => [server, { ...state[server], running: undefined }]),
  )
  writeState(local, { ...state, ...stopped })
}

/** The signal of a clean shutdown. SIGTERM makes Postgres wait for its clients, SIGINT does not. */
export const stopSignal = (server: ServerName): NodeJS.Signals => (server === 'postgres' ? 'SIGINT' : 'SIGTERM')
