import type { Client } from 'pg'

/** What the types of `pg` leave out. */
interface Insides {
  readonly connection: { readonly stream: { destroy(): void } }
}

type Done = (error: Error | null) => void

/**
 * A client of `pg` whose connection is closed when it could not log in. `pg` leaves it open where the failure is its own,
 * as when a server asks for a password and there is none: until the server gives up, the process would not end.
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
        if (error) (this as unknown as Insides).connection.stream.destroy()
        done(error)
      })
      return undefined
    }
  }
  return ClosingClient as typeof Client
}
