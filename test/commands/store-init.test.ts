import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, test } from 'vitest'
import StoreInit from '../../src/commands/store/init.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { runCli } from './run-cli.ts'

const broker = new MemoryBroker()

describe('store init', () => {
  let cwd: string
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'crbus-store-init-'))
    return () => rmSync(cwd, { recursive: true })
  })
  const init = (argv: string[], options: Partial<Parameters<typeof runCli>[2]> = {}) =>
    runCli(StoreInit, argv, { broker, cwd, ...options })
  const inProject = (profile: object, more: object = {}) =>
    writeFileSync(join(cwd, 'crbus.json'), JSON.stringify({ profile: 'p', profiles: { p: profile, ...more } }))

  test('lists missing tables, creates them with --yes, and then finds all of them', async () => {
    const path = join(cwd, 'data', 'store.db')
    const { stdout, stderr, exitCode } = await init(['--store', 'data/store.db', '--yes'])
    expect(stdout).toMatch(/^KIND\s+NAME\s+TABLE\s+STATE\ntable\s+events\s+events\s+missing\n/)
    expect(stderr).toContain(`event store: ${path}\n`)
    expect(stderr).toContain('created events, idx_events_created, snapshots')
    expect(exitCode).toBe(0)
    const again = await init(['--store', 'data/store.db'])
    expect(again.stdout).not.toContain('missing')
    expect(again).toMatchObject({ stderr: `the event store at ${path} has all its tables\n`, exitCode: 0 })
  })

  test('asks on a terminal and creates nothing without a yes', async () => {
    const path = join(cwd, 'store.db')
    for (const [stdin, exitCode] of [
      ['n\n', 6],
      ['y\n', 0],
    ] as const) {
      const result = await init(['--store', path], { isTerminal: true, stdin })
      expect(result.stderr).toContain(`Create these 10 parts at ${path}? [y/N]`)
      expect(result.exitCode).toBe(exitCode)
      expect(existsSync(path)).toBe(exitCode === 0)
    }
  })

  test('refuses without a terminal and names --yes and --dry-run', async () => {
    const result = await init(['--store', 'store.db'])
    expect(result.exitCode).toBe(6)
    expect(result.stderr).toMatch(/no terminal to ask on; nothing was done[\s\S]*--yes[\s\S]*--dry-run/)
    expect(existsSync(join(cwd, 'store.db'))).toBe(false)
  })

  test('creates nothing on a dry run, not even the file', async () => {
    const { stdout, exitCode } = await init(['--store', 'store.db', '--dry-run'])
    expect(stdout).toContain('crbus_outbox')
    expect(exitCode).toBe(0)
    expect(existsSync(join(cwd, 'store.db'))).toBe(false)
  })

  test('prints one document with --json', async () => {
    await new SqliteEventStore({ path: join(cwd, 'store.db') }).close()
    const database = new DatabaseSync(join(cwd, 'store.db'))
    database.exec('DROP TABLE crbus_timers')
    database.close()
    const json = async (...argv: string[]) =>
      JSON.parse((await init(['--store', 'store.db', '--json', ...argv])).stdout)
    const missing = [
      { kind: 'table', name: 'crbus_timers', table: 'crbus_timers', exists: false },
      { kind: 'index', name: 'idx_crbus_timers_due', table: 'crbus_timers', exists: false },
    ]
    const plan = await json('--dry-run')
    expect(Object.keys(plan)).toEqual(['kind', 'location', 'parts', 'applied'])
    expect(plan).toMatchObject({ kind: 'sqlite', location: join(cwd, 'store.db'), applied: false })
    expect(plan.parts.filter(({ exists }: { exists: boolean }) => !exists)).toEqual(missing)
    expect(await json('--yes')).toEqual({ ...plan, applied: true, created: missing })
  })

  test('adds the column that a table of an earlier version lacks', async () => {
    await new SqliteEventStore({ path: join(cwd, 'store.db') }).close()
    const database = new DatabaseSync(join(cwd, 'store.db'))
    database.exec('ALTER TABLE crbus_outbox DROP COLUMN record_key')
    database.close()

    const { stdout, stderr, exitCode } = await init(['--store', 'store.db', '--yes'])

    expect(stdout).toMatch(/\ncolumn\s+record_key\s+crbus_outbox\s+missing\n/)
    expect(stderr).toContain('created record_key')
    expect(exitCode).toBe(0)
    expect((await init(['--store', 'store.db'])).stderr).toContain('has all its tables')
  })

  test('refuses a table of the same name with another layout and names the difference', async () => {
    const database = new DatabaseSync(join(cwd, 'store.db'))
    database.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, aggregate_id TEXT)')
    database.close()
    const { stderr, exitCode } = await init(['--store', 'store.db', '--yes'])
    expect(exitCode).toBe(6)
    expect(stderr).toMatch(
      /error: table 'events' .* has another layout: columns stream_id.* are missing.*\(CRBUS_STORE_MISMATCH\)\n {2}try: /,
    )
  })

  test('exits with 3 when the store cannot be reached, and never prints the password', async () => {
    const { stderr, exitCode } = await init(['--store', 'postgres://u:hunter2@127.0.0.1:1/x', '--yes'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('CRBUS_STORE_UNAVAILABLE')
    expect(stderr).not.toContain('hunter2')
  })

  describe('the location of the store', () => {
    const where = async (argv: string[], env: Record<string, string> = {}) => {
      const { stdout, stderr, exitCode } = await init(['--dry-run', '--json', ...argv], { env })
      return exitCode === 0 ? JSON.parse(stdout).location : `${exitCode} ${JSON.parse(stdout).error.message}${stderr}`
    }
    const unreachable = 'postgres://u:hunter2@127.0.0.1:1/x'

    test('the location of the store comes from the flag, then CRBUS_STORE, then DATABASE_URL of Postgres, then the folder of the bus', async () => {
      const env = { CRBUS_STORE: 'env.db', DATABASE_URL: unreachable }
      expect(await where(['--store', 'flag.db'], env)).toBe(join(cwd, 'flag.db'))
      expect(await where([], env)).toBe(join(cwd, 'env.db'))
      expect(await where([], { DATABASE_URL: unreachable })).toContain('3 the event store at postgres://127.0.0.1:1/x')
      expect(await where([], { DATABASE_URL: 'mysql://u@h/x', CRBUS_DATA_DIR: 'folder' })).toBe(
        join(cwd, 'folder', 'store.db'),
      )
      expect(await where([], { XDG_DATA_HOME: join(cwd, 'xdg') })).toBe(join(cwd, 'xdg', 'crbus', 'store.db'))
      expect(await where(['--data-dir', 'mine'], {})).toBe(join(cwd, 'mine', 'store.db'))
      expect(await where([], { CRBUS_BROKERS: 'kafka:9092', XDG_DATA_HOME: cwd })).toBe(join(cwd, 'crbus', 'store.db'))
    })

    test('the location of the store comes from a profile chosen by flag before the environment, and from the default profile after it', async () => {
      inProject({ store: 'profile.db' }, { bare: { dataDir: 'bare' }, away: { store: 'env:CRBUS_THERE' } })
      expect(await where([])).toBe(join(cwd, 'profile.db'))
      expect(await where([], { CRBUS_STORE: 'env.db' })).toBe(join(cwd, 'env.db'))
      expect(await where(['--profile', 'p'], { CRBUS_STORE: 'env.db' })).toBe(join(cwd, 'profile.db'))
      expect(await where(['--profile', 'bare'])).toBe(join(cwd, 'bare', 'store.db'))
      expect(await where(['--profile', 'away'], { CRBUS_THERE: 'there.db' })).toBe(join(cwd, 'there.db'))
      expect(await where(['--profile', 'away'])).toBe('2 cannot find the event store: CRBUS_THERE is not set')
    })

    test('the location of the store is refused without printing the value when it is neither a Postgres URL nor a path', async () => {
      const said = '2 --store is neither postgres://… nor a path'
      expect(await where(['--store', 'mysql://u:hunter2@h'])).toBe(said)
      expect(await where(['--store', ''])).toBe('2 --store is empty; did a script pass a variable that is not set?')
      expect(await where([], { CRBUS_STORE: 'mysql://u:hunter2@h' })).toBe(
        '2 cannot find the event store: CRBUS_STORE is neither postgres://… nor a path',
      )
      expect(await where([], { DATABASE_URL: 'postgres://u:1/hunter2@h' })).toBe(
        '2 cannot find the event store: DATABASE_URL is neither postgres://… nor a path',
      )
    })
  })

  test('allows only a dry run under a read-only profile, and needs the name under a protected one', async () => {
    inProject({ store: 'store.db', readOnly: true })
    expect(await init(['--yes'])).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('read-only') })
    expect(await init(['--dry-run'])).toMatchObject({ exitCode: 0 })
    inProject({ store: 'store.db', protected: true })
    expect(await init(['--yes'])).toMatchObject({ exitCode: 6 })
    expect(existsSync(join(cwd, 'store.db'))).toBe(false)
    expect(await init(['--confirm', 'store.db'])).toMatchObject({ exitCode: 0 })
    expect(existsSync(join(cwd, 'store.db'))).toBe(true)
  })

  test('ignores a guard that matches only the bus of another profile', async () => {
    mkdirSync(join(cwd, 'bus'))
    writeFileSync(join(cwd, 'crbus.json'), JSON.stringify({ profiles: { prod: { dataDir: 'bus', readOnly: true } } }))
    const env = { CRBUS_DATA_DIR: join(cwd, 'bus') }
    expect(await init(['--store', 'store.db', '--yes'], { env })).toMatchObject({ exitCode: 0 })
  })
})
