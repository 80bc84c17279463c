import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { EventBusError } from '../bus/errors.ts'
import type { LocalHint } from './hints.ts'

/** What runs the local servers: containers by Docker or Podman, or Kafka's jars by Java. */
export const engines = ['docker', 'podman', 'java'] as const
export type Engine = (typeof engines)[number]
export type ServerName = 'broker' | 'postgres'

/** A process of this machine. The start time distinguishes it from a later process with the same id. */
export interface ProcessId {
  readonly pid: number
  /** The start time in the words of the operating system. */
  readonly startedAt: string
}

/** One of the local servers, as the state file describes it. It listens on 127.0.0.1. */
export interface Server {
  readonly port: number
  /** Such as `Apache Kafka`. */
  readonly software: string
  readonly version: string
  /** Absent: the server is stopped, or runs in a container. */
  readonly running?: ProcessId | undefined
}

/** The content of the state file. It exists from the first `up` until the data is deleted. */
export interface LocalState {
  readonly engine: Engine
  /** The id that the broker must have. Absent: the broker chose it. */
  readonly clusterId?: string | undefined
  readonly broker: Server
  readonly postgres?: Server | undefined
}

/** What happens while servers start and stop. */
export type Progress =
  | { readonly code: 'lock-held' }
  | { readonly code: 'fetching-jars'; readonly version: string; readonly folder: string }
  | { readonly code: 'preparing' | 'starting' | 'waiting' | 'stopping'; readonly server: ServerName }
  | { readonly code: 'killed'; readonly server: ServerName }
  | { readonly code: 'output'; readonly line: string }

/** How to ask a server whether it works. */
interface Checks {
  /** Returns the cluster id of a broker. Rejects if it does not answer. */
  broker(address: string): Promise<string>
  /** Rejects if the Postgres does not answer a query. */
  postgres(url: string): Promise<void>
}

/** Everything that the local servers need from the process of crbus. */
export interface Local {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder of the state file, of logs and of settings. */
  readonly stateFolder: string
  /** The folder of the data, and of the password of Postgres. */
  readonly dataFolder: string
  /** The folder of downloaded jars. */
  readonly cacheFolder: string
  readonly checks: Checks
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export const addressOf = ({ port }: Pick<Server, 'port'>): string => `127.0.0.1:${port}`
export const logFile = ({ stateFolder }: Local, server: ServerName): string => join(stateFolder, `${server}.log`)
export const serverFolder = ({ dataFolder }: Local, server: ServerName): string => join(dataFolder, server)

/** The name of the containers' project, which differs between users and homes of one Docker engine. */
export const projectName = ({ stateFolder }: Local): string =>
  `crbus-${createHash('sha256').update(stateFolder).digest('hex').slice(0, 8)}`
export const volumeName = (local: Local, server: ServerName): string => `${projectName(local)}_${server}`

export const refused = (message: string, ...hints: readonly LocalHint[]): EventBusError =>
  new EventBusError('REFUSED', message, { hints })
