import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import Down from '../../src/commands/down.ts'
import Status from '../../src/commands/status.ts'
import Up from '../../src/commands/up.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { identify } from '../../src/local/processes.ts'
import { type Runnable, runCli } from './run-cli.ts'

let folder: string
let stateFile: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus local '))
  mkdirSync(join(folder, 'state', 'local'), { recursive: true })
  stateFile = join(folder, 'state', 'local', 'state.json')
})

/** Runs a command with only the programs in `folder`, so that Docker and Java of this machine are not found. */
const run = (command: Runnable, argv: readonly string[] = [], more: object = {}) =>
  runCli(command, [...argv], {
    broker: new MemoryBroker(),
    cwd: folder,
    stateFolder: join(folder, 'state'),
    env: { PATH: folder, XDG_CONFIG_HOME: join(folder, 'config') },
    ...more,
  })

const program = (name: string, script: string) => {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}

/**
 * Puts a program named docker in PATH that only records its arguments. It stands in for Docker to check what crbus asks of it;
 * whether the containers work is not tested.
 */
const fakeDocker = (compose = 'exit 0') =>
  program('docker', `echo "$@" >> '${folder}/calls'\ncase "$*" in compose*) ${compose};; esac`)
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')

const state = (more: object) => ({
  engine: 'java',
  broker: { port: 9, software: 'Apache Kafka', version: '4.1.0', ...more },
})

describe('crbus up', () => {
  test('exits with code 6 and suggests the embedded bus if there is nothing to start a broker with', async () => {
    const { exitCode, stderr } = await run(Up, ['--yes'])
    expect(exitCode).toBe(6)
    expect(stderr).toContain('docker is not installed; podman is not installed; java is not installed')
    expect(stderr).toContain('try: crbus demo')
    expect(existsSync(stateFile)).toBe(false)
  })

  test.each([
    ['echo \'openjdk version "11.0.2"\' >&2', 'is Java 11, and Kafka needs 17 or newer'],
    ['echo \'openjdk version "21.0.1"\' >&2', 'java is installed, but mvn, which fetches the jars of Kafka, is not'],
    ['exit 1', 'java does not run'],
  ])('says why Java cannot be used: %s', async (script, reason) => {
    program('java', script)
    const { exitCode, stderr } = await run(Up, ['--engine', 'java'])
    expect(exitCode).toBe(6)
    expect(stderr).toContain(reason)
  })

  test('ignores a Docker without the compose plugin, and one that does not answer', async () => {
    fakeDocker('exit 1')
    expect((await run(Up)).stderr).toContain('"docker compose" does not work')
    program('docker', 'exit 1')
    expect((await run(Up)).stderr).toContain('"docker info" does not answer')
  })

  test('shows servers, ports, volumes and the profile, and writes nothing with --dry-run', async () => {
    fakeDocker()
    const { exitCode, stdout } = await run(Up, ['--dry-run', '--port', '19092'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^broker +Redpanda [\d.]+ +127\.0\.0\.1:19092 +to start +crbus-[0-9a-f]{8}_broker$/m)
    expect(stdout).toMatch(/^postgres +PostgreSQL [\d.]+ +127\.0\.0\.1:\d+ +to start +crbus-[0-9a-f]{8}_postgres$/m)
    expect(stdout).toContain(`profile local is added to ${folder}/config/crbus/config.json`)
    expect(calls()).toEqual(['info', 'compose version'])
    expect(existsSync(stateFile)).toBe(false)
  })

  test('writes a compose file that binds pinned images to 127.0.0.1, and removes the containers of a failed start', async () => {
    fakeDocker()
    const { exitCode, stderr } = await run(Up, ['--yes', '--wait', '1ms', '--port', '19093'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('the broker was not healthy after')
    const file = join(folder, 'state', 'local', 'compose.yaml')
    const words = calls().filter((call) => call.startsWith('compose -p'))
    expect(words.map((call) => call.replace(/^compose -p crbus-\w+ -f /, ''))).toEqual([
      `${file} up -d`,
      `${file} logs --no-color --no-log-prefix --tail 20 broker`,
      `${file} down`,
    ])
    const { services } = JSON.parse(readFileSync(file, 'utf8'))
    expect(services.broker.ports).toEqual(['127.0.0.1:19093:9092'])
    expect(services.postgres.ports[0]).toMatch(/^127\.0\.0\.1:\d+:5432$/)
    for (const { image, healthcheck } of Object.values<{ image: string; healthcheck: object }>(services)) {
      expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?$/)
      expect(healthcheck).toHaveProperty('test')
    }
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('takes another port if the usual one is in use, and refuses a given port that is in use', async () => {
    fakeDocker()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    writeFileSync(stateFile, JSON.stringify({ ...state({ port }), engine: 'docker' }))
    const { stderr } = await run(Up, ['--dry-run'])
    const given = await run(Up, ['--dry-run', '--port', `${port}`])
    server.close()
    expect(stderr).toContain(`port ${port} is in use, so the broker gets port`)
    expect(given.exitCode).toBe(6)
    expect(given.stderr).toContain(`port ${port} of 127.0.0.1 is in use`)
  })

  test('does not replace a guarded profile, and asks before it replaces another one', async () => {
    fakeDocker()
    const file = join(folder, 'config', 'crbus', 'config.json')
    mkdirSync(join(folder, 'config', 'crbus'), { recursive: true })
    writeFileSync(file, '{"profiles":{"local":{"brokers":"prod:9092","protected":true}}}')
    const guarded = await run(Up, ['--yes'])
    expect(guarded.exitCode).toBe(6)
    expect(guarded.stderr).toContain("profile 'local' of")
    expect(guarded.stderr).toContain('--profile-name crbus')
    writeFileSync(file, '{"profiles":{"local":{"dataDir":"x"}}}')
    const other = await run(Up)
    expect(other.exitCode).toBe(6)
    expect(other.stdout).toContain('profile local is replaced in')
    expect(other.stderr).toContain('--yes')
    expect(readFileSync(file, 'utf8')).toBe('{"profiles":{"local":{"dataDir":"x"}}}')
  })

  test('shows the end of the log of a container that does not become healthy, because the log is removed with it', async () => {
    fakeDocker(`case "$*" in *' logs '*) echo 'no space left for the log';; esac`)
    const { exitCode, stderr } = await run(Up, ['--yes', '--wait', '1ms'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('so what was started was stopped; the end of its log\n  - no space left for the log')
    const done = calls().map((line) => line.replace(/^.*compose\.yaml /, ''))
    expect(done.slice(-2)).toEqual(['logs --no-color --no-log-prefix --tail 20 broker', 'down'])
  })

  test('refuses an engine that cannot use the existing data', async () => {
    fakeDocker()
    writeFileSync(stateFile, JSON.stringify(state({})))
    const { exitCode, stderr } = await run(Up, ['--engine', 'docker', '--yes'])
    expect(exitCode).toBe(6)
    expect(stderr).toContain('the data of the local servers belongs to java')
    expect(stderr).toContain('crbus down --purge')
  })
})

describe('the state file', () => {
  test.each([
    ['text', 'no JSON'],
    ['an object without servers', '{}'],
    ['process 1', JSON.stringify(state({ running: { pid: 1, startedAt: 'x' } }))],
    ['a negative process id', JSON.stringify(state({ running: { pid: -5, startedAt: 'x' } }))],
    ['a port that is too large', JSON.stringify(state({ port: 70_000 }))],
  ])('is refused by every command if it is damaged: %s', async (_, text) => {
    writeFileSync(stateFile, text)
    for (const command of [Up, Down, Status]) {
      const { exitCode, stderr } = await run(command)
      expect(exitCode).toBe(6)
      expect(stderr).toContain(`${stateFile} is damaged`)
    }
    expect(readFileSync(stateFile, 'utf8')).toBe(text)
  })

  test('of a process that has ended makes status exit with code 10, and down forgets the process', async () => {
    const child = spawn('sleep', ['60'])
    const running = await identify(child.pid as number)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    writeFileSync(stateFile, JSON.stringify(state({ running })))
    const { exitCode, stdout } = await run(Status)
    expect(exitCode).toBe(10)
    expect(stdout).toContain('broker: it has ended, although it was not stopped')
  })

  test('of another process with the same id does not make down stop that process', async () => {
    const child = spawn('sleep', ['60'])
    writeFileSync(stateFile, JSON.stringify(state({ running: { pid: child.pid, startedAt: 'an earlier start' } })))
    expect((await run(Status)).exitCode).toBe(10)
    expect((await run(Down, ['--purge', '--yes'])).exitCode).toBe(0)
    expect(await identify(child.pid as number)).toBeDefined()
    expect(existsSync(stateFile)).toBe(false)
    child.kill()
  })

  test('identifies a process by the same words each time, and a zombie as ended', async () => {
    const child = spawn('sleep', ['60'])
    const first = await identify(child.pid as number)
    expect(await identify(child.pid as number)).toEqual(first)
    child.kill()
    await new Promise((resolve) => child.once('exit', resolve))
    expect(await identify(child.pid as number)).toBeUndefined()
  })
})

describe('crbus down', () => {
  test('has nothing to do without local servers', async () => {
    const { exitCode, stdout } = await run(Down)
    expect(exitCode).toBe(0)
    expect(stdout).toBe('there are no local servers\n')
  })

  test('asks before it deletes data, and keeps files that crbus has not created', async () => {
    const data = join(folder, 'state', 'data', 'local')
    mkdirSync(join(data, 'broker'), { recursive: true })
    writeFileSync(join(data, 'mine.txt'), 'x')
    writeFileSync(stateFile, JSON.stringify(state({})))
    const asked = await run(Down, ['--purge'])
    expect(asked.exitCode).toBe(6)
    expect(asked.stdout).toContain(`${data}/broker`)
    const declined = await run(Down, ['--purge'], { isTerminal: true, stdin: 'n\n' })
    expect([declined.exitCode, declined.stderr]).toEqual([
      6,
      expect.stringContaining('Delete the data of the local servers? [y/N] '),
    ])
    expect(existsSync(join(data, 'broker'))).toBe(true)
    expect((await run(Down, ['--purge', '--yes'])).exitCode).toBe(0)
    expect(execFileSync('ls', [data], { encoding: 'utf8' })).toBe('mine.txt\n')
  })
})
