import { join } from 'node:path'
import type { Local, ServerName } from '../../local/model.ts'
import type { LocalReport, ServerReport } from '../../local/status.ts'
import { EventStoreError } from '../../store/errors.ts'
import { problemText, progressText } from '../../ui/format-local.ts'
import { ChangeCommand } from './change-command.ts'

/** How long a server may take to answer a health check. */
const MAX_CHECK_MS = 10_000

/** A server as the `--json` documents show it. Keys without a value are absent. */
export interface ServerDocument extends Omit<Partial<ServerReport>, 'problem'> {
  readonly server: ServerName
  readonly problem?: (NonNullable<ServerReport['problem']> & { readonly message: string }) | undefined
}

/** Base class of the commands that start, stop and inspect the local servers. */
export abstract class LocalCommand extends ChangeCommand {
  /** Everything that the local servers need from the process. */
  protected local(): Local {
    const { env, stateFolder, dataFolder, cacheFolder } = this.context
    return {
      env,
      stateFolder: join(stateFolder, 'local'),
      dataFolder: join(dataFolder, 'local'),
      cacheFolder,
      signal: this.signal,
      onProgress: (progress) => void this.notice(progressText(progress)),
      checks: {
        broker: (brokers) =>
          inTime(this.withBroker(brokers, async (bus) => (await bus.admin.describeCluster()).clusterId)),
        postgres: (url) => inTime(this.#askPostgres(url)),
      },
    }
  }

  /** Opens the bus of the local broker for a while. */
  protected async withBroker<T>(
    brokers: string,
    work: (bus: Awaited<ReturnType<typeof this.openBus>>) => Promise<T>,
  ): Promise<T> {
    const bus = await this.context.openBus({ kind: 'kafka', brokers })
    try {
      return await work(bus)
    } finally {
      await bus.close()
    }
  }

  /** Queries the tables of the event store. Rejects unless the database answers; which tables it has does not matter. */
  async #askPostgres(url: string): Promise<void> {
    await using store = await this.context.openStoreSetup({ kind: 'postgres', url })
    try {
      await store.inspect()
    } catch (error) {
      if (!(error instanceof EventStoreError && error.code === 'STORE_MISMATCH')) throw error
    }
  }
}

/** Adds the words for a problem. */
const serverDocument = ({ problem, ...server }: ServerReport): ServerDocument => ({
  ...server,
  problem: problem && { ...problem, message: problemText(problem) },
})

export const localDocument = ({ state, engine, servers }: LocalReport) => ({
  state,
  engine,
  servers: servers.map(serverDocument),
})

/** Rejects if an answer takes too long. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer after ${MAX_CHECK_MS / 1000} s`)), MAX_CHECK_MS)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
