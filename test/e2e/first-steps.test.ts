import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newUser } from '../support/packed.ts'
import { killShells, type RunningShell, startShell } from '../support/running-shell.ts'

const root = new URL('../..', import.meta.url).pathname

/** The blocks of shell commands under "Create a service" in the README: those of the first terminal, and those of the second. */
function firstSteps(): readonly [service: string, other: string] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const from = readme.indexOf('### Create a service')
  const section = readme.slice(from, readme.indexOf('\n### ', from))
  const [service, other] = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, commands]) => commands as string)
  if (service === undefined || other === undefined) throw new Error('the README has no first steps for two terminals')
  return [service, other]
}

const [service, other] = firstSteps()
const id = /"order_id":"([^"]+)"/.exec(other)?.[1] as string
let folder: string

/** Runs commands as a new user: with an empty folder, an empty home and no variables of crbus. */
function terminal(commands: string, cwd: string): RunningShell {
  const { CRBUS_BROKERS, REDPANDA_BROKERS, CRBUS_DATA_DIR, CRBUS_PROFILE, CRBUS_STORE, DATABASE_URL, ...env } =
    process.env
  const paths = [join(folder, 'bin'), join(root, 'node_modules', '.bin'), env.PATH]
  return startShell(['sh', '-ec', commands], {
    cwd,
    env: {
      ...env,
      PATH: paths.join(delimiter),
      ...newUser(join(folder, 'home')),
      NO_COLOR: '1',
      CI: '1',
      // A service logs text on a terminal, but JSON into a pipe such as this one.
      LOG_FORMAT: 'text',
    },
  })
}

let shop: RunningShell

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-first-'))
  for (const name of ['bin', 'work']) mkdirSync(join(folder, name))
  // Like the script that "npm install --global ." installs.
  const crbus = join(folder, 'bin', 'crbus')
  writeFileSync(crbus, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/crbus.js')}" "$@"\n`)
  chmodSync(crbus, 0o755)
  shop = terminal(service, join(folder, 'work'))
  await shop.shows(/running order on /)
})

afterAll(async () => {
  await shop.interrupt()
  killShells()
})

describe('the first steps of the README, typed as they stand there', () => {
  test('lead from a published command to the event that it causes', async () => {
    const second = terminal(other, join(folder, 'work/shop'))
    await second.shows(new RegExp(`OrderPlaced\\.v1 .*${id}`))
    await second.interrupt()
    expect(second.said()).toMatch(/order-commands\[\d\]@\d+ PlaceOrder\.v1/)
    expect(shop.isOver()).toBe(false)
    expect(shop.said()).not.toMatch(/dead letter|retries/)
  })

  test('lead to a log line with the right codec if a command is published in a wrong one', async () => {
    const wrong = terminal(`${other.split('\n')[0]} --codec json`, join(folder, 'work/shop'))
    await wrong.shows(/PlaceOrder\.v1/)
    await shop.shows(/^order: .*dead letter.*PlaceOrder\.v1 is not CBOR.*the payload is JSON.*publish it as cbor/m)
  })
})
