import { within } from '../../../bus/time/within.ts'
import type { Lease } from '../../event-store.ts'
import { type Connections, type OwnClient, queryOn, type Row } from './connections.ts'

/** How often the connection of a lease is checked. No other statement would notice that the connection is broken. */
const HEARTBEAT_MS = 5000

/** How long to wait for the connection to close. */
const CLOSE_TIMEOUT_MS = 5000

/**
 * Returns the SQL expression of the key of a lease, given that of its owner. The name includes the schema, because each schema of
 * a database is a separate store.
 */
export const leaseKey = (owner: string): string =>
  `hashtextextended('crbus outbox ' || current_schema() || ' ' || ${owner}, 0)`

/** The leases held by one store object. */
export class Leases {
  readonly #connections: Connections
  /** For each lease, the function that ends it. */
  readonly #held = new Set<(isLost: boolean) => Promise<void>>()

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /**
   * Takes a session lock, or returns `undefined` if another session holds it. The server releases the lock when the connection
   * ends: at once if the process dies, and after the TCP keep-alive time-out of the server if the machine dies.
   */
  async take(owner: string): Promise<Lease | undefined> {
    const client = await this.#connections.connect()
    try {
      const { rows } = await this.#connections.guarded(() =>
        queryOn(client)<Row<'taken'>>(`SELECT pg_try_advisory_lock(${leaseKey('$1')})::text AS taken`, [owner]),
      )
      if (rows[0]?.taken === 'true') return this.#hold(client)
    } catch (error) {
      await client.end()
      throw error
    }
    await client.end()
    return undefined
  }

  /** Ends all leases as lost. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#held].map((end) => end(true)))
  }

  #hold(client: OwnClient): Lease {
    const lost = new AbortController()
    const end = async (isLost: boolean) => {
      if (!this.#held.delete(end)) return
      clearTimeout(heartbeat)
      if (isLost) lost.abort()
      client.ref()
      // Do not wait longer than this for a server that does not answer.
      await within(AbortSignal.timeout(CLOSE_TIMEOUT_MS), client.end())
    }
    let heartbeat: NodeJS.Timeout | undefined
    const beat = () => {
      if (!this.#held.has(end)) return
      heartbeat = setTimeout(() => client.query('SELECT 1').then(beat, () => end(true)), HEARTBEAT_MS).unref()
    }
    // A lease does not keep the process alive: the relay that holds it does.
    client.unref()
    client.on('error', () => end(true))
    client.on('end', () => end(true))
    this.#held.add(end)
    beat()
    return { lost: lost.signal, release: () => end(false) }
  }
}
