import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../files/write-whole.ts'
import { type Local, projectName, refused, type ServerName } from '../model.ts'
import { lastLines, mustRun, runProgram } from '../programs.ts'
import { DATABASE } from './postgres.ts'

/** Releases of the images. Newer releases of Postgres cannot read the data of 17. */
export const REDPANDA = '25.3.6'
export const POSTGRES = '17.6'

/** How long `docker` may take to answer a question. A stopped Docker Desktop does not answer. */
const MAX_ANSWER_MS = 15_000

interface Ports {
  readonly broker: number
  readonly postgres: number
}

const composeFile = ({ stateFolder }: Local): string => join(stateFolder, 'compose.yaml')

/** Describes the containers. JSON is also YAML, and needs no rules for quotes. */
function composeText(local: Local, ports: Ports, password: string): string {
  const health = (command: string) => ({
    test: ['CMD-SHELL', command],
    interval: '5s',
    timeout: '5s',
    retries: 12,
  })
  const file = {
    name: projectName(local),
    services: {
      broker: {
        image: `docker.redpanda.com/redpandadata/redpanda:v${REDPANDA}`,
        command: [
          ...['redpanda', 'start', '--mode', 'dev-container', '--smp', '1', '--memory', '1G'],
          ...['--kafka-addr', 'internal://0.0.0.0:29092,external://0.0.0.0:9092'],
          ...['--advertise-kafka-addr', `internal://broker:29092,external://127.0.0.1:${ports.broker}`],
        ],
        ports: [`127.0.0.1:${ports.broker}:9092`],
        volumes: ['broker:/var/lib/redpanda/data'],
        healthcheck: health('rpk cluster health --exit-when-healthy'),
      },
      postgres: {
        image: `postgres:${POSTGRES}`,
        environment: { POSTGRES_USER: DATABASE, POSTGRES_PASSWORD: password },
        ports: [`127.0.0.1:${ports.postgres}:5432`],
        volumes: ['postgres:/var/lib/postgresql/data'],
        healthcheck: health(`pg_isready -U ${DATABASE}`),
      },
    },
    volumes: { broker: {}, postgres: {} },
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/** Returns why a container engine cannot be used; `undefined` if it can. */
export async function whyNoCompose(program: string): Promise<'not-answering' | 'no-compose' | undefined> {
  const options = { timeout: MAX_ANSWER_MS }
  if (!(await runProgram(program, ['info'], options)).ok) return 'not-answering'
  return (await runProgram(program, ['compose', 'version'], options)).ok ? undefined : 'no-compose'
}

/** Creates and starts the containers. The images are fetched if they are missing. */
export async function composeUp(local: Local, program: string, ports: Ports, password: string): Promise<void> {
  writeWhole(composeFile(local), composeText(local, ports, password), { mode: 0o600 })
  await mustRun(`${program} compose up`, program, [...project(local), 'up', '-d'], {
    signal: local.signal,
    onLine: (line) => local.onProgress({ code: 'output', line }),
  })
}

/** Removes the containers; with `volumes`, their data too. */
export async function composeDown(local: Local, program: string, volumes: boolean): Promise<void> {
  if (!existsSync(composeFile(local))) {
    throw refused(`${composeFile(local)} is missing, so the containers of ${projectName(local)} cannot be stopped`)
  }
  const words = [...project(local), 'down', ...(volumes ? ['--volumes'] : [])]
  await mustRun(`${program} compose down`, program, words, {
    onLine: (line) => local.onProgress({ code: 'output', line }),
  })
}

/** Returns the id of the running container of a server; `undefined` if it is stopped. */
export async function containerOf(local: Local, program: string, server: ServerName): Promise<string | undefined> {
  const words = [...project(local), 'ps', '-q', server]
  const { ok, output } = await runProgram(program, words, { timeout: MAX_ANSWER_MS })
  return (ok && /^[0-9a-f]{12,64}$/m.exec(output)?.[0].slice(0, 12)) || undefined
}

/** Returns the last lines that a container has logged; none if the engine does not answer. */
export async function endOfContainerLog(local: Local, program: string, server: ServerName): Promise<readonly string[]> {
  const words = [...project(local), 'logs', '--no-color', '--no-log-prefix', '--tail', '20', server]
  const { ok, output } = await runProgram(program, words, { timeout: MAX_ANSWER_MS })
  return ok ? lastLines(output) : []
}

/** Returns the size of the data in a running container, in bytes. */
export async function bytesInContainer(program: string, id: string, server: ServerName): Promise<number | undefined> {
  const folder = server === 'broker' ? '/var/lib/redpanda/data' : '/var/lib/postgresql/data'
  const { output } = await runProgram(program, ['exec', id, 'du', '-sk', folder], { timeout: MAX_ANSWER_MS })
  const kibibytes = /^(\d+)\s/m.exec(output)?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

const project = (local: Local): string[] => ['compose', '-p', projectName(local), '-f', composeFile(local)]
