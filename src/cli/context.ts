import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventBus } from '../bus/event-bus.ts'
import type { Io } from '../ui/io.ts'
import type { GitAnswer } from './git.ts'
import type { Stop } from './stop.ts'

/** Which bus a command talks to, as its flags say; see `connect.ts` for how it is resolved. */
export interface BusFlags {
  readonly brokers?: string | undefined
  readonly 'data-dir'?: string | undefined
  /** The local file whatever brokers the environment names. */
  readonly embedded?: boolean | undefined
}

/** Everything a command takes from its process. Tests make one of buffers and a memory bus. */
export interface Context {
  readonly io: Io
  readonly stop: Stop
  readonly now: () => number
  /** The working directory. */
  readonly cwd: string
  /** `CRBUS_SCHEMAS`: where schemas are when no flag says so. */
  readonly schemas: string | undefined
  /** Where what a change of offsets replaced is kept, to be undone. */
  readonly undoFolder: string
  /** Asks git, where a command is about revisions. */
  readonly git: (args: readonly string[], cwd: string) => GitAnswer
  openBus(flags: BusFlags): Promise<EventBus>
}

const injected = new AsyncLocalStorage<Context>()

/** Runs a command in a context of the caller's: the door tests come in by. */
export const withContext = <T>(context: Context, run: () => Promise<T>): Promise<T> => injected.run(context, run)

export const injectedContext = (): Context | undefined => injected.getStore()
