import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'

/** The password of the user, which must not be printed or sent to a stranger's server. */
export const SECRET = 'hunter2'

/** Sets credentials in the environment of this process, from which `pg` would read them itself. */
export function giveSecrets(folder: string, port: number): void {
  const passwords = join(folder, 'home/pgpass')
  writeFileSync(passwords, `127.0.0.1:${port}:*:*:${SECRET}\n*:*:*:*:${SECRET}\n`, { mode: 0o600 })
  const secrets = {
    PGPASSWORD: SECRET,
    PGPASSFILE: passwords,
    PGUSER: 'user-of-mine',
    PGDATABASE: 'database-of-mine',
    PGOPTIONS: '-csearch_path=mine',
    PGAPPNAME: 'application-of-mine',
    PGREPLICATION: 'database',
    PGSSLNEGOTIATION: 'direct',
  }
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}
