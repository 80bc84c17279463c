import { chmodSync, chownSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test } from 'vitest'
import { buildWithoutDocker, contextEntries, readSteps } from '../support/dockerfile.ts'

// Runs the steps of bin/Dockerfile in folders, because Docker cannot run here. The base image and its user are not tested.

const root = new URL('../..', import.meta.url).pathname
const isRoot = process.getuid?.() === 0
/** Without rights on any other file. */
const USER = 54_321

let crbus: (...argv: string[]) => Promise<{ stdout: string; stderr: string; exitCode?: number | undefined }>

beforeAll(async () => {
  const into = mkdtempSync(join(tmpdir(), 'crbus-image-'))
  chmodSync(into, 0o755)
  const path = join(root, 'bin/Dockerfile')
  const context = { folder: root, entries: contextEntries(`${path}.dockerignore`) }
  const { folder, workdir, env } = await buildWithoutDocker(readSteps(path), context, into)
  // Only the volume is writable, as in a container that runs with --read-only.
  if (isRoot) for (const data of ['data', 'data/state']) chownSync(join(folder, data), USER, USER)
  const inside = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, join(folder, value)]))
  crbus = (...argv) =>
    execa(process.execPath, [join(folder, 'usr/local/bin/crbus'), ...argv], {
      cwd: join(folder, workdir),
      extendEnv: false,
      env: { ...inside, PATH: String(process.env.PATH), HOME: '/nonexistent', TMPDIR: join(folder, 'tmp') },
      reject: false,
      ...(isRoot ? { uid: USER, gid: USER } : {}),
    })
}, 600_000)

test('the steps of the Dockerfile install a crbus that runs', async () => {
  expect(await crbus('--version')).toMatchObject({ stderr: '', stdout: expect.stringMatching(/^crbus\/\d/) })
})

test('the image keeps the bus and undo files in its volume, and writes nowhere else', async () => {
  const published = await crbus('publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-1"}')
  expect(published).toMatchObject({ exitCode: 0 })
  expect(await crbus('tail', 'order-events', '--no-follow', '-o', '%y')).toMatchObject({ stdout: 'OrderPlaced.v1' })
  const reset = ['reset', '--group', 'billing', '--topic', 'order-events', '--to', 'start', '--new-group', '--yes']
  const done = await crbus(...reset)
  expect([done.exitCode, done.stderr]).toEqual([0, expect.stringContaining('data/state/crbus/undo/')])
})
