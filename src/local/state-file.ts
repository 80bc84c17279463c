import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing } from '../files/cause.ts'
import { writeWhole } from '../files/write-whole.ts'
import { localHints } from './hints.ts'
import { engines, type Local, type LocalState, refused, type Server } from './model.ts'

const fileOf = ({ stateFolder }: Pick<Local, 'stateFolder'>): string => join(stateFolder, 'state.json')

/** Reads the state file; `undefined` if there is none. Throws `REFUSED` if its content is damaged. */
export function readState(local: Local): LocalState | undefined {
  const file = fileOf(local)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error, file)) return undefined
    throw refused(`${file} cannot be read: ${(error as Error).message}`)
  }
  const state = parse(text)
  if (isState(state)) return state
  throw refused(
    `${file} is damaged, so it is unknown which processes belong to the local servers; nothing was done`,
    localHints.advice(
      'stop the servers by hand if they run ("ps" shows kafka.Kafka and postgres), then delete the file',
    ),
  )
}

/** Stores the state. Its folder must exist. */
export function writeState(local: Local, state: LocalState): void {
  writeWhole(fileOf(local), `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600, isDurable: true })
}

export const removeState = (local: Local): void => rmSync(fileOf(local), { force: true })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isState(value: unknown): value is LocalState {
  const { engine, clusterId, broker, postgres } = (value ?? {}) as Partial<LocalState>
  return (
    engines.some((one) => one === engine) &&
    ['string', 'undefined'].includes(typeof clusterId) &&
    isServer(broker) &&
    (postgres === undefined || isServer(postgres))
  )
}

function isServer(value: unknown): value is Server {
  const { port, software, version, running } = (value ?? {}) as Partial<Server>
  return (
    isWhole(port, 65_535) &&
    typeof software === 'string' &&
    typeof version === 'string' &&
    // A signal to process 0 or 1 would go to a group of processes, or to init.
    (running === undefined ||
      (isWhole(running?.pid, 2 ** 31) && running.pid > 1 && typeof running.startedAt === 'string'))
  )
}

const isWhole = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= max
