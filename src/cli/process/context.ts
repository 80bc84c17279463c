import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { Io } from '../../ui/text/io.ts'
import type { BusAddress } from '../config/bus-address.ts'
import type { Config } from '../config/config.ts'
import type { StoreAddress } from '../config/store-address.ts'
import type { GitAnswer } from './git.ts'
import type { Stop } from './stop.ts'

/** Which bus and which event store a command talks to, as its flags say; see `config.ts` for how it is resolved. */
export interface BusFlags {
  readonly profile?: string | undefined
  readonly brokers?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly 'max-batch-bytes'?: number | undefined
  /** The local file whatever brokers the environment names. */
  readonly embedded?: boolean | undefined
  /** Where the event store is. */
  readonly store?: string | undefined
}

export interface OpenOptions {
  /** Told the file of an embedded bus that is not there yet. */
  readonly onMissing?: ((file: string) => void) | undefined
  /** Told of a topic that a publish created on an embedded bus. */
  readonly onTopicCreated?: ((topic: string, partitions: number) => void) | undefined
  readonly logger?: Logger | undefined
}

/** Everything a command takes from its process. Tests make one of buffers and a memory bus. */
export interface Context {
  readonly io: Io
  readonly stop: Stop
  readonly now: () => number
  /** The working directory. */
  readonly cwd: string
  /** Where what a change of offsets replaced is kept, to be undone. */
  readonly undoFolder: string
  /** Where crbus keeps, for this user, what was said or allowed about projects. */
  readonly stateFolder: string
  /** Asks git, where a command is about revisions. */
  readonly git: (args: readonly string[], cwd: string) => GitAnswer
  /** What is in force with these flags. Files are read when it is first asked for; `UsageError` when they are wrong. */
  readonly config: (flags: BusFlags) => Promise<Config>
  /** `CRBUS_LOG`: the lowest level of log lines to write. Absent: none are. */
  readonly logLevel?: string | undefined
  openBus(address: BusAddress, options?: OpenOptions): Promise<EventBus>
  openStoreSetup(address: StoreAddress): Promise<StoreSetup>
}

const injected = new AsyncLocalStorage<Context>()

/** Runs a command in a context of the caller's: the door tests come in by. */
export const withContext = <T>(context: Context, run: () => Promise<T>): Promise<T> => injected.run(context, run)

export const injectedContext = (): Context | undefined => injected.getStore()
