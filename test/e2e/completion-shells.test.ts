import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CompletionHome, completionHome, typeInShell } from '../support/completion-home.ts'

let home: CompletionHome

beforeAll(async () => {
  home = completionHome()
  await home.crbus('topics', 'create', 'order-events')
  await home.crbus('reset', '--group', 'bill $x', '--topic', 'order-events', '--to', 'start', '--new-group', '--yes')
  await home.knows('order-events')
  mkdirSync(join(home.folder, 'orders'))
  writeFileSync(join(home.folder, 'orders.ndjson'), '')
})

describe('completion in fish', () => {
  /** Returns the candidates for the end of a command line, without their descriptions. */
  const inFish = async (line: string): Promise<readonly string[]> => {
    const { stdout } = await execa(
      'fish',
      ['--no-config', '-c', 'crbus completion fish | source; complete -C "$argv[1]"', line],
      { env: home.env, cwd: home.folder },
    )
    return stdout.split('\n').map((one) => one.split('\t')[0] ?? '')
  }

  test('completes commands, flags, names, options and files', async () => {
    expect(await inFish('crbus topics desc')).toEqual(['describe'])
    expect(await inFish('crbus topics describe ')).toEqual(['order-events'])
    expect(await inFish('crbus tail --topic=ord')).toEqual(['--topic=order-events'])
    expect(await inFish('crbus publish order-events --envelope ')).toEqual(['bincode', 'cbor'])
    expect(await inFish('crbus groups describe ')).toEqual(['bill $x'])
    expect(await inFish('crbus publish order-events --file ord')).toEqual(['orders/', 'orders.ndjson'])
    expect(await inFish('crbus publish order-events --file=orders.')).toEqual(['--file=orders.ndjson'])
  })
})

describe('completion in zsh', () => {
  const first = 'autoload -Uz compinit; compinit -u; source <(crbus completion zsh)'

  test.each([
    ['crbus topics descr\t', 'crbus topics describe '],
    ['crbus topics describe order\t', 'crbus topics describe order-events '],
    ['crbus groups describe bi\t', 'crbus groups describe bill\\ \\$x '],
    ['crbus tail --topic=ord\t', 'crbus tail --topic=order-events '],
    ['crbus publish order-events --file orders.\t', '--file orders.ndjson '],
  ])('completes %j', async (typed, shown) => {
    expect(await typeInShell(home, 'zsh -f', { first, typed, shown })).toContain(shown)
  })
})
