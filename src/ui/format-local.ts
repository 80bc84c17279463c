import type { Progress, ServerName } from '../local/model.ts'
import type { NoPostgres } from '../local/servers/postgres.ts'
import type { LocalReport, ServerProblem, ServerReport } from '../local/status.ts'
import { formatBytes } from './text/format-bytes.ts'
import { formatTable } from './text/table.ts'

const nameOf = (server: ServerName): string => (server === 'broker' ? 'the broker' : 'Postgres')

/** Describes why Postgres is not started. */
export function noPostgresText(reason: NoPostgres): string {
  switch (reason.code) {
    case 'not-found':
      return 'only the broker is started: the programs postgres and initdb are not installed'
    case 'as-root':
      return 'only the broker is started: Postgres refuses to run as root'
    case 'other-release':
      return `only the broker is started: the existing data needs PostgreSQL ${reason.release}, which is not installed`
  }
}

/** Describes why a server is not healthy. */
export function problemText(problem: ServerProblem): string {
  switch (problem.code) {
    case 'ended':
      return 'it has ended, although it was not stopped'
    case 'no-connection':
      return 'its port does not accept connections'
    case 'no-answer':
      return problem.reason
    case 'other-broker':
      return `another broker answers on its port (cluster ${problem.clusterId})`
  }
}

/** Describes what happens while servers start and stop, in one line. */
export function progressText(progress: Progress): string {
  switch (progress.code) {
    case 'lock-held':
      return 'waiting for another "crbus up" or "crbus down"'
    case 'fetching-jars':
      return `fetching Kafka ${progress.version} with Maven into ${progress.folder} (54 MB, once)`
    case 'preparing':
      return `creating the data of ${nameOf(progress.server)}`
    case 'starting':
      return `starting ${nameOf(progress.server)}`
    case 'waiting':
      return `waiting until ${nameOf(progress.server)} answers`
    case 'stopping':
      return `stopping ${nameOf(progress.server)}`
    case 'killed':
      return `${nameOf(progress.server)} did not end in time and was killed`
    case 'output':
      return progress.line
  }
}

type PlannedRow = Pick<ServerReport, 'server' | 'software' | 'version' | 'address' | 'data'>

/** Formats servers that will be started, or whose data will be deleted. */
export const formatLocalServers = (servers: readonly (PlannedRow & { readonly state: string })[]): string =>
  formatTable(
    ['SERVER', 'SOFTWARE', 'ADDRESS', 'STATE', 'DATA'],
    servers.map(({ server, software, version, address, state, data }) => [
      server,
      `${software} ${version}`,
      address,
      state,
      data,
    ]),
  )

/** Formats the state of the local servers. */
export function formatLocalStatus({ state, engine, servers }: LocalReport): string {
  if (state === 'absent') return 'there are no local servers; "crbus up" starts a broker\n'
  const table = formatTable(
    ['SERVER', 'SOFTWARE', 'ADDRESS', 'STATE', 'RUNS AS', 'SIZE', 'DATA', 'LOG'],
    servers.map((one) => [
      one.server,
      `${one.software} ${one.version}`,
      one.address,
      one.state,
      one.pid === undefined ? (one.containerId ?? '-') : `process ${one.pid}`,
      formatSize(one.bytes),
      one.data,
      one.log ?? (one.containerId === undefined ? '-' : `${engine} logs ${one.containerId}`),
    ]),
  )
  const problems = servers.flatMap(({ server, problem }) =>
    problem === undefined ? [] : [`${server}: ${problemText(problem)}\n`],
  )
  return `${table}${problems.join('')}`
}

const formatSize = (bytes: number | undefined): string => (bytes === undefined ? '-' : formatBytes(bytes))
