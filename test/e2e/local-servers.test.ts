import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { fetchLibs } from '../support/kafka.ts'
import { copyPrograms } from '../support/postgres.ts'

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
/** Postgres refuses to run as root, so the commands run as the user nobody then. */
const stranger = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
const hasKafka = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS

interface Status {
  readonly state: string
  readonly servers: readonly { readonly server: string; readonly state: string; readonly pid?: number }[]
}

describe.skipIf(!hasKafka)('a local broker and Postgres', () => {
  let programs: string
  let jars: string
  let home: string

  beforeAll(async () => {
    // In a folder that every user may read: the jars of the broker of all tests, and the programs of Postgres.
    programs = mkdtempSync(join(tmpdir(), 'crbus-programs-'))
    chmodSync(programs, 0o755)
    jars = join(programs, 'libs')
    cpSync(await fetchLibs(), jars, { recursive: true })
    copyPrograms(programs)
    return () => rmSync(programs, { recursive: true })
  })

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'crbus home, '))
    if (stranger) chownSync(home, stranger.uid, stranger.gid)
  })

  afterEach(async () => {
    await crbus('down', '--purge', '--yes')
    rmSync(home, { recursive: true })
  })

  const start = (...argv: readonly string[]) =>
    execa(process.execPath, [bin, ...argv], {
      ...stranger,
      cwd: home,
      reject: false,
      extendEnv: false,
      env: {
        HOME: home,
        CRBUS_KAFKA_JARS: jars,
        PATH: [join(programs, 'native', 'bin'), process.env.PATH].join(delimiter),
      },
    })
  const crbus = async (...argv: readonly string[]) => start(...argv)
  const up = (...argv: readonly string[]) => crbus('up', '--engine', 'java', '--yes', ...argv)
  const status = async (): Promise<Status> => JSON.parse((await crbus('status', '--json')).stdout)
  const pids = async () => (await status()).servers.map(({ pid }) => pid as number)
  const isAlive = (pid: number): boolean => {
    try {
      // A process whose parent has not asked for its exit status yet has ended.
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  }
  /** The processes that have the folder of this test on their command line. */
  const left = async (): Promise<string> =>
    (await execa('ps', ['-A', '-o', 'pid=,stat=,args='])).stdout
      .split('\n')
      .filter((line) => line.includes(home) && !/^\s*\d+ Z/.test(line))
      .join('\n')

  test('keep their data over down and up, and leave nothing behind after down --purge', async () => {
    const first = await up()
    expect(first).toMatchObject({ exitCode: 0 })
    expect(first.stderr).toContain('next: crbus topics list --profile local')
    const running = await pids()
    expect(running).toHaveLength(2)
    // They lead sessions of their own, so that closing the terminal does not end them.
    const sessions = await execa('ps', ['-o', 'sid=', '-p', running.join(',')])
    expect(sessions.stdout.split('\n').map(Number).toSorted()).toEqual(running.toSorted())

    await crbus('topics', 'create', 'order-events', '--profile', 'local')
    const event = ['--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-1"}']
    expect(await crbus('publish', 'order-events', '--profile', 'local', ...event)).toMatchObject({ exitCode: 0 })
    expect(await crbus('store', 'init', '--profile', 'local', '--yes')).toMatchObject({ exitCode: 0 })

    const again = await up()
    expect(again.stdout).toContain('the local servers run already')
    expect(await pids()).toEqual(running)

    expect(await crbus('down')).toMatchObject({ exitCode: 0 })
    expect(running.filter(isAlive)).toEqual([])
    expect(await crbus('status')).toMatchObject({ exitCode: 10, stdout: expect.stringContaining('stopped') })

    expect(await up()).toMatchObject({ exitCode: 0 })
    const read = await crbus('tail', 'order-events', '--profile', 'local', '--no-follow', '-o', '%{order_id}')
    expect(read.stdout).toBe('o-1')
    const tables = await crbus('store', 'init', '--profile', 'local', '--dry-run')
    expect(tables.stdout).not.toContain('missing')

    const purge = await crbus('down', '--purge', '--yes')
    expect(purge).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 topic, 1 event') })
    expect(await left()).toBe('')
    expect(existsSync(join(home, '.local/share/crbus/local'))).toBe(false)
    expect(await status()).toEqual({ state: 'absent', servers: [] })
  })

  test('are started once by two commands at the same time', async () => {
    const both = await Promise.all([up(), up()])
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(both.filter(({ stdout }) => stdout.includes('run already'))).toHaveLength(1)
    expect(await status()).toMatchObject({ state: 'healthy' })
    expect((await left()).match(/kafka\.Kafka/g)).toHaveLength(1)
  })

  test.each(['SIGKILL', 'SIGINT'] as const)('do not run after a start that %s ended half way', async (signal) => {
    const starting = start('up', '--engine', 'java', '--yes')
    for await (const line of starting.iterable({ from: 'stderr' })) {
      if (line.startsWith('waiting until the broker')) starting.kill(signal)
    }
    const { exitCode } = await starting
    if (signal === 'SIGINT') expect(exitCode).toBe(130)
    await expect.poll(left, { timeout: 10_000 }).toBe('')
    // The next start is not disturbed.
    expect(await up()).toMatchObject({ exitCode: 0 })
  })

  test('are unhealthy after a crash, and up starts the crashed one again', async () => {
    await up()
    const [broker, postgres] = await pids()
    // Not a default such as 0, which would be the process group of the test.
    if (broker === undefined) throw new Error('the broker does not run')
    process.kill(broker, 'SIGKILL')
    await expect.poll(() => isAlive(broker)).toBe(false)
    const { exitCode, stdout } = await crbus('status')
    expect(exitCode).toBe(10)
    expect(stdout).toContain('broker: it has ended, although it was not stopped')
    expect(await up()).toMatchObject({ exitCode: 0 })
    const after = await status()
    expect(after.state).toBe('healthy')
    expect(after.servers[1]?.pid).toBe(postgres)
  })
})
