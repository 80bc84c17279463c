import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CompletionHome, completionHome, typeInShell } from '../support/completion-home.ts'

let home: CompletionHome

beforeAll(async () => {
  home = completionHome()
  await home.crbus('topics', 'create', 'order-events')
  await home.crbus('publish', 'order-events', '--type', 'OrderPlaced.v1', '--data', '{}')
  await home.crbus('reset', '--group', 'bill ing', '--topic', 'order-events', '--to', 'start', '--new-group', '--yes')
  await home.knows('order-events')
})

/** Completes the last of the words in a bash that has sourced the script. Returns the words that bash would insert. */
async function inBash(...words: readonly string[]): Promise<string> {
  const script = `
    source <(crbus completion bash)
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _crbus; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await execa('bash', ['--norc', '-c', script, 'bash', 'crbus', ...words], {
    env: home.env,
    cwd: home.folder,
  })
  return stdout
}

describe('completion in bash', () => {
  test('completes commands, flags, names and options', async () => {
    expect(await inBash('topics', 'desc')).toBe('describe')
    expect(await inBash('topics', 'describe', '')).toBe('order-events')
    expect(await inBash('topics', 'describe', 'order-events', '--prof')).toBe('--profile')
    expect(await inBash('publish', 'order-events', '--type', 'Or')).toBe('OrderPlaced.v1')
    expect(await inBash('tail', '--topic', '=', 'ord')).toBe('order-events')
    expect(await inBash('publish', 'order-events', '--envelope', '')).toBe('bincode\ncbor')
  })

  test('completes the names of the sagas that are described, without the bus', async () => {
    const folder = join(home.folder, 'sagas')
    mkdirSync(folder)
    const description = { crbus_saga: 1, topics: ['order-events'], events: ['OrderPlaced.v1', 'OrderShipped.v1'] }
    const ends = { startedBy: ['OrderPlaced.v1'], completedBy: ['OrderShipped.v1'], stuckBy: [], expects: [] }
    for (const saga of ['checkout', 'refund'])
      writeFileSync(join(folder, `${saga}.json`), JSON.stringify({ ...description, saga, ...ends }))
    expect(await inBash('sagas', 'list', '')).toBe('checkout\nrefund')
    expect(await inBash('sagas', 'stuck', 'checkout', 'r')).toBe('refund')
    expect(await inBash('sagas', 'describe', 'ref')).toBe('refund')
    expect(await inBash('sagas', 'show', 'c-1', '--saga', 'ch')).toBe('checkout')
    const one = ['--descriptions', join(folder, 'refund.json')]
    expect(await inBash('sagas', 'list', ...one, '')).toBe('refund')
  })

  test('completes the groups of crbus probe', async () => {
    expect(await inBash('probe', 'order-events', '--group', '')).toBe('bill\\ ing')
  })

  test('escapes a name with a space', async () => {
    expect(await inBash('groups', 'describe', '')).toBe('bill\\ ing')
    expect(await inBash('groups', 'describe', 'bill\\ i')).toBe('bill\\ ing')
  })

  test('completes files', async () => {
    writeFileSync(join(home.folder, 'orders.ndjson'), '')
    expect(await inBash('publish', 'order-events', '--file', 'ord')).toBe('orders.ndjson')
  })

  test('shows a completed command line on a terminal', async () => {
    const first = 'source <(crbus completion bash)'
    const shown = 'crbus topics describe order-events --no-color'
    const typed = 'crbus topics descr\torder-ev\t--no-c\t'
    expect(await typeInShell(home, 'bash --norc', { first, typed, shown })).toContain(shown)
  })
})

describe('the names for completion', () => {
  test('are empty and silent if nothing can be read', async () => {
    const answer = (...words: readonly string[]) => home.crbus('__complete', 'bash', ...words)
    expect(await answer('topics', 'list', '--profile', 'missing', '')).toMatchObject({ stdout: '', stderr: '' })
    expect(await answer('topics', 'describe', '--profile', 'missing', '')).toMatchObject({ stdout: '', stderr: '' })
    expect(await home.crbus('__complete', 'tcsh', '')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 })
  })

  test('are not asked from brokers that only the file of a project names', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { readonly port: number }
    const project = join(home.folder, 'cloned')
    mkdirSync(project)
    const profiles = { here: { brokers: `127.0.0.1:${port}` } }
    writeFileSync(join(project, 'crbus.json'), JSON.stringify({ profile: 'here', profiles }))
    const { env } = home
    const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
    const run = (...words: readonly string[]) =>
      execa(process.execPath, [bin, ...words], { cwd: project, env: { ...env, CRBUS_DATA_DIR: '' } })
    // The process that would connect, in the foreground.
    await run('__refresh-names')
    expect(connections).toBe(0)
    await run('__refresh-names', '--brokers', `127.0.0.1:${port}`)
    expect(connections).toBeGreaterThan(0)
    server.close()
    expect(readdirSync(join(home.folder, 'cache', 'crbus', 'names')).length).toBeGreaterThan(0)
  })
})
