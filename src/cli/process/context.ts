import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Logger } from '../../bus/logger.ts'
import type { BusProbe } from '../../bus/probe.ts'
import type { RedpandaEventBusOptions } from '../../drivers/kafka/redpanda-options.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { Io } from '../../ui/text/io.ts'
import type { BusAddress } from '../config/bus-address.ts'
import type { BusFlags, Config } from '../config/config.ts'
import type { StoreAddress } from '../config/store-address.ts'
import type { GitAnswer } from './git.ts'
import type { Stop } from './stop.ts'

/** How record batches are sent to Kafka. The embedded bus ignores these options. */
export type ProducerOptions = Pick<RedpandaEventBusOptions, 'acks' | 'compression'>

export interface OpenOptions extends ProducerOptions {
  /** Called with the file of an embedded bus that does not exist yet. */
  readonly onMissing?: ((file: string) => void) | undefined
  /** Called for a topic that publishing created on an embedded bus. */
  readonly onTopicCreated?: ((topic: string, partitions: number) => void) | undefined
  readonly logger?: Logger | undefined
  /** The time-out of connections and requests to Kafka in milliseconds. Default: that of the driver. */
  readonly timeout?: number | undefined
}

/** Everything that a command takes from its process. Tests pass buffers and an in-memory bus. */
export interface Context {
  readonly io: Io
  readonly stop: Stop
  readonly now: () => number
  /** The working directory. */
  readonly cwd: string
  /** The environment, also of the programs that a command starts. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The home folder of the user. */
  readonly home: string
  /** The folder of undo files. */
  readonly undoFolder: string
  /** The folder in which crbus remembers which notices about projects this user has seen, and the current profile. */
  readonly stateFolder: string
  /** The default folder of the embedded bus. */
  readonly dataFolder: string
  /** The folder of downloads. */
  readonly cacheFolder: string
  /** The user's own configuration file. */
  readonly userFile: string
  /** Runs git, for commands that read revisions. */
  readonly git: (args: readonly string[], cwd: string) => GitAnswer
  /** Reads the configuration files and resolves the settings in force with these flags. Throws `UsageError` for an invalid file. */
  readonly config: (flags: BusFlags) => Promise<Config>
  /** `CRBUS_LOG`: the lowest level of log lines to write. Absent: no log lines are written. */
  readonly logLevel?: string | undefined
  openBus(address: BusAddress, options?: OpenOptions): Promise<EventBus>
  /** Connects to a bus stage by stage, and resolves with what it saw. Only reads. */
  probeBus(address: BusAddress): Promise<BusProbe>
  openStoreSetup(address: StoreAddress): Promise<StoreSetup>
}

const injected = new AsyncLocalStorage<Context>()

/** Runs a command with a given context. For tests. */
export const withContext = <T>(context: Context, run: () => Promise<T>): Promise<T> => injected.run(context, run)

/** Returns the context of `withContext`, or `undefined` outside tests. */
export const injectedContext = (): Context | undefined => injected.getStore()
