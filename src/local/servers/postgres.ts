import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import node from 'node:process'
import { compareNumbers } from '../../bus/compare.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { addressOf, type Local, type Server, serverFolder } from '../model.ts'
import { mustRun, programsIn, programsOnPath, runProgram } from '../programs.ts'

/** The name of the superuser and of the database. */
export const DATABASE = 'crbus'

/** Why Postgres is not started beside a broker of Java. `release` is the one that wrote the data. */
export type NoPostgres =
  | { readonly code: 'not-found' }
  | { readonly code: 'as-root' }
  | { readonly code: 'other-release'; readonly release: string }

export interface FoundPostgres {
  /** The folder of the programs `postgres` and `initdb`. */
  readonly folder: string
  readonly version: string
}

/** Folders with a folder for each release of Postgres, in which the programs are: of Debian, Red Hat, Homebrew and the Mac app. */
const RELEASE_FOLDERS = [
  ['/usr/lib/postgresql', 'bin'],
  ['/usr', 'bin'],
  ['/opt/homebrew/opt', 'bin'],
  ['/usr/local/opt', 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', 'bin'],
] as const

/** Finds the programs of Postgres on PATH, then in the usual folders, newest release first; with existing data, those of its release. */
export async function findPostgres(local: Local): Promise<FoundPostgres | NoPostgres> {
  if (node.getuid?.() === 0) return { code: 'as-root' }
  const file = join(serverFolder(local, 'postgres'), 'PG_VERSION')
  const release = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
  const found = await Promise.all(postgresPrograms(local).map(describeProgram))
  const known = found.filter((one) => one !== undefined)
  const fitting = known.find(({ version }) => release === undefined || version.split('.')[0] === release)
  if (fitting !== undefined) return fitting
  return known.length === 0 || release === undefined ? { code: 'not-found' } : { code: 'other-release', release }
}

function postgresPrograms(local: Local): string[] {
  const usual = RELEASE_FOLDERS.flatMap(([parent, folder]) =>
    releasesIn(parent).map((name) => join(parent, name, folder)),
  )
  // The other programs are beside the target of a link.
  const all = [...programsOnPath(local, 'postgres'), ...programsIn(usual, 'postgres')].map((path) => realpathSync(path))
  return [...new Set(all)].filter((program) => programsIn([dirname(program)], 'initdb').length > 0)
}

function releasesIn(parent: string): string[] {
  if (!existsSync(parent)) return []
  const names = readdirSync(parent).filter((name) => /^(?:\d+|latest|pgsql-\d+|postgresql(?:@\d+)?)$/.test(name))
  const release = (name: string) => Number(/\d+/.exec(name)?.[0] ?? 0)
  return names.toSorted((a, b) => compareNumbers(release(b), release(a)))
}

async function describeProgram(program: string): Promise<FoundPostgres | undefined> {
  const { output } = await runProgram(program, ['--version'], { timeout: 10_000 })
  const version = /^postgres \(PostgreSQL\) (\S+)/m.exec(output)?.[1]
  return version === undefined ? undefined : { folder: dirname(program), version }
}

const passwordFile = ({ dataFolder }: Local): string => join(dataFolder, 'postgres.password')

/**
 * Returns the password of the database. A superuser of Postgres can run programs as the user of the server, so other users of
 * this machine must not be able to log in.
 */
export function readPassword(local: Local): string | undefined {
  const file = passwordFile(local)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

export const newPassword = (): string => randomBytes(18).toString('base64url')

export const writePassword = (local: Local, password: string): void =>
  writeWhole(passwordFile(local), `${password}\n`, { mode: 0o600 })

export const removePassword = (local: Local): void => rmSync(passwordFile(local), { force: true })

/** Returns the address of the database, with its password. */
export const postgresUrl = (server: Pick<Server, 'port'>, password: string): string =>
  `postgres://${DATABASE}:${password}@${addressOf(server)}/${DATABASE}`

/** Creates the data if it does not exist. Returns the command line of the server. */
export async function preparePostgres(local: Local, { folder }: FoundPostgres, port: number): Promise<string[]> {
  const data = serverFolder(local, 'postgres')
  const postgres = join(folder, 'postgres')
  if (!existsSync(data)) {
    local.onProgress({ code: 'preparing', server: 'postgres' })
    // Created under another name, so that the data is complete if it exists.
    const part = `${data}.part`
    rmSync(part, { recursive: true, force: true })
    const access = ['-U', DATABASE, `--pwfile=${passwordFile(local)}`, '--auth=scram-sha-256']
    const options = { cwd: local.dataFolder, signal: local.signal }
    const locale = ['--encoding=UTF8', '--no-locale']
    await mustRun('creating the data of Postgres', join(folder, 'initdb'), ['-D', part, ...locale, ...access], options)
    await mustRun('creating the database', postgres, ['--single', '-D', part, 'postgres'], {
      ...options,
      input: `CREATE DATABASE ${DATABASE}\n`,
    })
    renameSync(part, data)
  }
  // Without a socket file, whose usual folder only the administrator may write to.
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=']
  return [postgres, '-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])]
}
