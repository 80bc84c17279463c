import { setTimeout as sleep } from 'node:timers/promises'
import type { Lease } from '../../event-store.ts'
import { askOn, type Connections, type OwnClient, type Row } from './connections.ts'

/** How often a connection that does nothing but hold a lease is asked whether it still is one. */
const HEARTBEAT_MS = 5000

/** How long to wait for a goodbye. */
const PATIENCE_MS = 5000

/** Leases held through one store. */
export class Leases {
  readonly #connections: Connections
  readonly #held = new Set<(isLost: boolean) => Promise<void>>()

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /**
   * A lock of the session, which the server ends with it: at once when the process dies, and when the machine does as soon
   * as the server's keep-alives notice.
   */
  async take(owner: string): Promise<Lease | undefined> {
    const client = await this.#connections.connect()
    try {
      const { rows } = await this.#connections.guarded(() =>
        askOn(client)<Row<'taken'>>(
          // Stores in different schemas of one database have nothing to do with one another.
          `SELECT pg_try_advisory_lock(hashtextextended('crbus outbox ' || current_schema() || ' ' || $1, 0))::text AS taken`,
          [owner],
        ),
      )
      if (rows[0]?.taken === 'true') return this.#hold(client)
    } catch (error) {
      await client.end()
      throw error
    }
    await client.end()
    return undefined
  }

  /** Their holders are told. */
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
      // A server that does not answer is left to find out.
      await Promise.race([client.end(), sleep(PATIENCE_MS, undefined, { ref: false })])
    }
    let heartbeat: NodeJS.Timeout | undefined
    const beat = () => {
      if (!this.#held.has(end)) return
      heartbeat = setTimeout(() => client.query('SELECT 1').then(beat, () => end(true)), HEARTBEAT_MS).unref()
    }
    // Whoever relays has reasons of its own to keep the process.
    client.unref()
    client.on('error', () => end(true))
    client.on('end', () => end(true))
    this.#held.add(end)
    beat()
    return { lost: lost.signal, release: () => end(false) }
  }
}
