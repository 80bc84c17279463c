import type { Client } from 'pg'

/** A field of a `pg` client that the types of `pg` lack. */
interface Internals {
  readonly connection: { readonly stream: { destroy(): void } }
}

type Done = (error: Error | null) => void

/**
 * A client of `pg` that closes its connection after a failed login. `pg` itself leaves the connection open when the failure is on
 * its side, such as a missing password, and the process would not end until the server closes the connection.
 */
export async function closingClient(): Promise<typeof Client> {
  const pg = await import('pg')
  class ClosingClient extends pg.Client {
    override connect(): Promise<this>
    override connect(done: Done): void
    override connect(done?: Done): Promise<this> | undefined {
      if (done === undefined) {
        return new Promise((resolve, reject) => this.connect((error) => (error ? reject(error) : resolve(this))))
      }
      super.connect((error: Error | null) => {
        if (error) (this as unknown as Internals).connection.stream.destroy()
        done(error)
      })
      return undefined
    }
  }
  return ClosingClient as typeof Client
}
