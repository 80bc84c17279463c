import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const executable = join(root, 'executable/crbus')

let home: string

/** Runs the executable with an empty home and a PATH that has no Node. */
const crbus = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execa(executable, argv, {
    cwd: home,
    extendEnv: false,
    env: { HOME: home, TMPDIR: join(home, 'tmp'), PATH: '/nonexistent', NO_COLOR: '1', ...env },
    reject: false,
  })

/** The folder in which the executable unpacks itself. */
const cache = () => join(home, '.cache/crbus')
const unpacked = () => readdirSync(cache()).map((name) => join(cache(), name))

beforeAll(async () => {
  await execa(process.execPath, ['bin/sea.js'], { cwd: root })
}, 120_000)

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'crbus-home-'))
  mkdirSync(join(home, 'tmp'))
})

describe.runIf(process.platform === 'linux')('the single executable, without Node on the machine', () => {
  test('lists topics, publishes, tails and runs the demo', async () => {
    expect((await crbus(['--version'])).stdout).toMatch(/^crbus\/\d+\.\d+\.\d+ node-v24\./)
    expect((await crbus(['publish', 'order-events', '--type', 'OrderPlaced.v1', '-d', '{"id":1}'])).exitCode).toBe(0)
    expect((await crbus(['topics', 'list', '-q'])).stdout).toMatch(/^order-events +3 +1 +1$/m)
    expect((await crbus(['tail', 'order-events', '--no-follow', '-o', '%y'])).stdout).toBe('OrderPlaced.v1')
    expect((await crbus(['demo', '--checkouts', '2', '--pause', '1', '-q'])).stderr).toMatch(/2 checkouts: 2 completed/)
  })

  test('creates services from its templates, with a copy of the crbus in it', async () => {
    for (const lang of ['ts', 'rust']) {
      const made = await crbus(['new', 'service', lang, '--lang', lang, '--no-install'])
      expect(made.exitCode, made.stderr).toBe(0)
    }
    const { stdout } = await execa('tar', [
      'tzf',
      join(home, 'ts/vendor', readdirSync(join(home, 'ts/vendor'))[0] ?? ''),
    ])
    expect(stdout).toContain('package/dist/index.js')
    expect(readdirSync(join(home, 'rust'))).toContain('Cargo.toml')
  })

  test('unpacks itself once, into a folder of the user, also if several start at once', async () => {
    const started = await Promise.all(Array.from({ length: 4 }, () => crbus(['topics', 'list'])))
    for (const { exitCode, stderr } of started) expect(exitCode, stderr).toBe(0)
    const [folder = '', ...more] = unpacked()
    expect(more).toEqual([])
    expect(statSync(cache()).mode & 0o077).toBe(0)
    const before = statSync(folder).ino
    await crbus(['topics', 'list'])
    expect(statSync(folder).ino).toBe(before)
  })

  test('unpacks itself again if files were deleted or changed', async () => {
    await crbus(['--version'])
    const [folder = ''] = unpacked()
    rmSync(join(folder, 'dist'), { recursive: true })
    writeFileSync(join(folder, 'bin/crbus.js'), 'broken')
    expect((await crbus(['topics', 'list'])).exitCode).toBe(0)
  })

  test('does not use a folder that others can write to, and uses the folder for temporary files instead', async () => {
    mkdirSync(cache(), { recursive: true })
    chmodSync(cache(), 0o777)
    expect((await crbus(['--version'])).exitCode).toBe(0)
    expect(readdirSync(cache())).toEqual([])
    expect(readdirSync(join(home, 'tmp'))).toContainEqual(expect.stringMatching(/^crbus-\d+$/))
  })

  test('says where it cannot unpack itself', async () => {
    const { exitCode, stderr } = await crbus(['--version'], { HOME: '/proc', TMPDIR: '/proc' })
    expect(exitCode).toBe(6)
    expect(stderr).toMatch(
      /^error: crbus cannot unpack itself: .*\/proc\/\.cache.*; .*\/proc\/crbus-\d+'\n {2}try: set XDG_CACHE_HOME/,
    )
  })
})
