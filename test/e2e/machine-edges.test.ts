import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { onSmallDisk, smallDisk } from '../support/small-disk.ts'

// Tests the built command line on a machine that lacks something. Each command has a time-out, since some used to hang.

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const isRoot = process.getuid?.() === 0
const TIMEOUT_MS = 60_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-edges-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether to run as a user without rights, home and shell. */
  readonly isStranger?: boolean
  readonly stdin?: string
}

/** Runs the command line, or another program, with only the given environment. */
async function run(
  argv: readonly string[],
  { cwd = folder, env = {}, isStranger = false, stdin = '' }: Surroundings = {},
  program = [process.execPath, bin],
) {
  const [command = '', ...words] = [...program, ...argv]
  const child = spawn(command, words, {
    cwd,
    env: { PATH: String(process.env.PATH), ...env },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    ...(isStranger ? { uid: 54_321, gid: 54_321 } : {}),
  })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.on('data', (chunk) => out.push(String(chunk)))
  child.stderr.on('data', (chunk) => err.push(String(chunk)))
  // A failed command closes stdin early.
  child.stdin.on('error', () => undefined).end(stdin)
  const [exitCode] = await once(child, 'close')
  return { stdout: out.join(''), stderr: err.join(''), exitCode: exitCode as number | null }
}

const home = () => ({ HOME: folder })
/** Nothing is listed, not even a header. */
const EMPTY = ''
const NOTHING_YET = expect.stringMatching(/^the bus \S+ does not exist yet; "crbus publish" creates it\n$/)

describe('a command', () => {
  test.each(['/proc', '/dev/null', '/nonexistent'])(
    'runs where it cannot create a compile cache: TMPDIR=%s',
    async (TMPDIR) => {
      const result = await run(['topics', 'list'], { env: { ...home(), TMPDIR } })
      expect(result).toEqual({ stdout: EMPTY, stderr: NOTHING_YET, exitCode: 0 })
    },
  )

  test.runIf(isRoot)('does not use a compile cache that another user created', async () => {
    const cache = join(folder, 'node-compile-cache')
    mkdirSync(cache)
    chmodSync(cache, 0o777)
    const settings = { env: { ...home(), TMPDIR: folder } }
    expect(await run(['topics', 'list'], { ...settings, isStranger: true })).toMatchObject({ exitCode: 0 })
    expect(readdirSync(cache)).toEqual([])
    // A folder that only this user may write to.
    chmodSync(cache, 0o755)
    expect(await run(['topics', 'list'], settings)).toMatchObject({ exitCode: 0 })
    expect(readdirSync(cache)).not.toEqual([])
  })

  test('on an old Node says how to run it with a newer one, by packages that the registry has', async () => {
    const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.1' } })"
    const program = [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(old)}`, bin]
    expect(await run(['lag'], {}, program)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `crbus needs Node 22.15 or newer; this is 20.11.1.\nTry: npx -p node@24 node ${bin} --help\n`,
    })
  })

  test('refuses to create files in a working directory whose name is not UTF-8', async () => {
    const script = `mkdir "$(printf 'a\\377')"; cd "$(printf 'a\\377')"; exec "$0" "$@"`
    const argv = ['publish', 't', '--type', 'A', '--data', '{}', '--data-dir', 'data']
    const program = ['sh', '-c', script, process.execPath, bin]
    const { stderr, exitCode } = await run(argv, { env: home() }, program)
    expect(stderr).toContain('cannot be opened: its name is not UTF-8 (CRBUS_REFUSED)')
    expect(exitCode).toBe(6)
    expect(readdirSync(folder, { encoding: 'buffer' })).toEqual([Buffer.of(0x61, 0xff)])
  })

  test.runIf(isRoot)(
    'such as crbus new names a file that its user may not read or write, and changes nothing',
    async () => {
      const shop = join(folder, 'shop')
      chmodSync(folder, 0o777)
      const as = { env: home(), isStranger: true }
      const made = await run(['new', 'service', 'shop', '--yes', '--no-install'], as)
      expect(made.exitCode, made.stderr).toBe(0)
      const before = readdirSync(shop, { recursive: true })
      const topic = ['new', 'topic', 'order-events', '--yes']
      const obstacles: readonly [path: string, mode: number, argv: string[], says: string][] = [
        ['crbus.json', 0o444, topic, `${shop}/crbus.json cannot be written: permission denied: ${shop}/crbus.json`],
        ['.', 0o555, topic, `nothing was written: permission denied: ${shop} (`],
        [
          'src',
          0,
          ['new', 'aggregate', 'order', '--event', 'OrderPlaced:id=uuid', '--yes', '--no-install'],
          `${shop}/src/order/actions.ts cannot be read: permission denied: ${shop}/src`,
        ],
      ]
      for (const [path, mode, argv, says] of obstacles) {
        const old = statSync(join(shop, path)).mode & 0o777
        chmodSync(join(shop, path), mode)
        const { stderr, exitCode } = await run(argv, { ...as, cwd: shop })
        chmodSync(join(shop, path), old)
        expect(stderr).toContain('error: nothing was written: ')
        expect(stderr).toContain(says)
        expect(exitCode).toBe(6)
        expect(readdirSync(shop, { recursive: true })).toEqual(before)
      }
    },
  )

  test.each([
    ['reset', 'undo', 'PIPE'],
    ['tail', 't', '--schema', 'PIPE', '--no-follow'],
    ['publish', 't', '--type', 'A', '--file', 'PIPE'],
  ])('that waits for a named pipe ends on SIGTERM: %s %s', async (...words) => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    await run(['publish', 't', '--type', 'A', '--data', '{}'], { env: home() })
    const argv = words.map((word) => (word === 'PIPE' ? pipe : word))
    const child = spawn(process.execPath, [bin, ...argv], { env: { PATH: String(process.env.PATH), ...home() } })
    onTestFinished(() => void child.kill('SIGKILL'))
    // Opening succeeds once the command has opened the pipe. It stays open, since closing it would end the command.
    const held = await vi.waitFor(() => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), TIMEOUT_MS)
    onTestFinished(() => closeSync(held))
    await vi.waitFor(() => {
      child.kill('SIGTERM')
      expect(child.exitCode).toBe(130)
    }, TIMEOUT_MS)
  })

  test.each([
    ['a relative XDG_CONFIG_HOME', 'crbus/config.json', { XDG_CONFIG_HOME: '.' }],
    ['a relative HOME', '.config/crbus/config.json', { HOME: '.' }],
    ['an empty HOME', '.config/crbus/config.json', { HOME: '' }],
  ])('reads no user settings from the working directory if it is given %s', async (_, file, env) => {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), '{"profile":"a","profiles":{"a":{"brokers":"evil:9092"}}}')
    const { stdout, exitCode } = await run(['config', '--json'], { env: { ...home(), ...env } })
    expect(exitCode).toBe(0)
    expect(stdout).not.toContain('evil')
  })

  test('writes no undo files to the working directory if XDG_STATE_HOME is relative', async () => {
    const env = { ...home(), XDG_STATE_HOME: 'state', XDG_DATA_HOME: 'data' }
    await run(['publish', 't', '--type', 'A', '--data', '{}'], { env })
    const reset = await run(['reset', '-g', 'g', '--topic', 't', '--to', 'start', '--new-group', '--yes'], { env })
    expect(reset.exitCode, reset.stderr).toBe(0)
    expect(readdirSync(folder)).toEqual(['.local'])
    expect(readdirSync(join(folder, '.local/state/crbus/undo'))).toHaveLength(1)
  })

  test('refuses a working directory that was removed, with an error of crbus', async () => {
    const script = 'mkdir gone; cd gone; rmdir ../gone; exec "$0" "$@"'
    const { stderr, exitCode } = await run(['topics', 'list'], { env: home() }, [
      'sh',
      '-c',
      script,
      process.execPath,
      bin,
    ])
    expect(stderr).toBe(
      'error: the working directory no longer exists (CRBUS_USAGE)\n  try: cd to a folder that exists\n',
    )
    expect(exitCode).toBe(2)
  })

  test.each([
    ['a package.json that is not JSON', () => writeFileSync(join(dataFolder(), 'package.json'), '{')],
    ['a package.json that is a folder', () => mkdirSync(join(dataFolder(), 'package.json'))],
  ])('does not warn about %s in the data folder', async (_, make) => {
    make()
    expect(await run(['topics', 'list'], { env: home() })).toEqual({ stdout: EMPTY, stderr: NOTHING_YET, exitCode: 0 })
  })

  test.runIf(isRoot)('does not warn about a package.json that its user may not read', async () => {
    chmodSync(dataFolder(), 0o700)
    const data = join(folder, 'own')
    mkdirSync(data)
    chmodSync(data, 0o777)
    const result = await run(['topics', 'list', '--data-dir', data], { env: home(), isStranger: true })
    expect(result).toEqual({ stdout: EMPTY, stderr: NOTHING_YET, exitCode: 0 })
  })

  test.runIf(isRoot)('runs as a user without home and shell if --data-dir is given', async () => {
    const data = join(folder, 'own')
    mkdirSync(data)
    chmodSync(data, 0o777)
    expect(
      await run(['publish', 't', '--type', 'A', '--data', '{}', '--data-dir', data], { isStranger: true }),
    ).toMatchObject({
      exitCode: 0,
    })
    const { stderr, exitCode } = await run(['publish', 't', '--type', 'A', '--data', '{}'], { isStranger: true })
    expect(stderr).toContain('permission denied: /')
    expect(stderr).toContain('--data-dir')
    expect(exitCode).toBe(6)
  })

  test.each(['/proc/crbus', '/dev/null/crbus'])('refuses a data folder that cannot be created: %s', async (data) => {
    const { stderr, exitCode } = await run(['publish', 't', '--type', 'A', '--data', '{}', '--data-dir', data], {
      env: home(),
    })
    expect(stderr).toContain(`the embedded bus at ${data}/bus.db cannot be opened: `)
    expect(stderr).toContain('try: --data-dir FOLDER (uses another folder for the embedded bus)')
    expect(exitCode).toBe(6)
  })

  const dataFolder = () => {
    const path = join(folder, '.local', 'share', 'crbus')
    mkdirSync(path, { recursive: true })
    return path
  }
})

describe.runIf(onSmallDisk)('a small disk', () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, i) => `{"i":${i},"fill":"${'x'.repeat(500)}"}\n`).join('')

  test('that is full ends publish with a suggestion, and keeps every reported event', async () => {
    const disk = smallDisk()
    const where = ['--data-dir', join(disk.path, 'bus')]
    const full = await run(['publish', 'order-events', '--type', 'A', ...where], { env: home(), stdin: lines(20_000) })
    expect(full.stderr).toContain(`no space left on the disk of ${disk.path}/bus`)
    expect(full.stderr).toContain('try: make room on the disk')
    expect(full.exitCode).toBe(8)
    const reported = full.stdout.split('\n').filter(Boolean).length
    expect(reported).toBeGreaterThan(1000)

    const { stdout, exitCode } = await run(['tail', 'order-events', '--from', 'start', '-e', '-o', '%{i}', ...where], {
      env: home(),
    })
    expect(exitCode).toBe(0)
    const stored = new Set(stdout.trim().split('\n').map(Number))
    expect(stored.size).toBeGreaterThanOrEqual(reported)
    for (let line = 0; line < reported; line += 1) expect(stored.has(line)).toBe(true)
  })

  test('that is full prevents creating a bus or a store, without leaving an empty file or folder', async () => {
    const disk = smallDisk()
    disk.fill()
    for (const argv of [
      ['publish', 't', '--type', 'A', '--data', '{}', '--data-dir', join(disk.path, 'bus')],
      ['topics', 'create', 't', '--data-dir', join(disk.path, 'bus')],
      ['demo', '--data-dir', join(disk.path, 'bus')],
      ['store', 'init', '--store', join(disk.path, 'stores', 'store.db'), '--yes'],
    ]) {
      const { stderr, exitCode } = await run(argv, { env: home() })
      expect(stderr).toContain(`cannot be written: no space left on the disk of ${disk.path}`)
      expect(stderr).toContain('(CRBUS_REFUSED)\n  try: make room on the disk')
      expect(exitCode).toBe(6)
      expect(readdirSync(disk.path)).toEqual(['filler'])
    }
  })

  test('that is read-only allows every command that reads, and refuses publish', async () => {
    const disk = smallDisk()
    const where = ['--data-dir', join(disk.path, 'bus')]
    await run(['publish', 'order-events', '--type', 'A', ...where], { env: home(), stdin: '{"i":1}\n{"i":2}\n' })
    disk.makeReadOnly()
    const files = readdirSync(join(disk.path, 'bus'))
    for (const argv of [
      ['topics', 'list'],
      ['topics', 'describe', 'order-events'],
      ['groups', 'list'],
      ['lag'],
      ['tail', 'order-events', '--from', 'start', '-e'],
      ['check', 'topic', 'order-events', '--partitions', '3'],
    ]) {
      const { stderr, exitCode } = await run([...argv, ...where], { env: home() })
      expect({ argv, stderr: stderr.includes('error'), exitCode }).toEqual({ argv, stderr: false, exitCode: 0 })
    }
    const { stderr, exitCode } = await run(['publish', 'order-events', '--type', 'A', '--data', '{}', ...where], {
      env: home(),
    })
    expect(stderr).toContain('is read-only')
    expect(exitCode).toBe(6)
    expect(readdirSync(join(disk.path, 'bus'))).toEqual(files)
  })
})
