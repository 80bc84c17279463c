import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewService from '../../src/commands/new/service.ts'
import NewTopic from '../../src/commands/new/topic.ts'
import { config, createShop, folder, orderFlags, read, run, shop } from './new-shop.ts'

beforeEach(createShop)

describe("a template that is not crbus's own", () => {
  const leaveTrace = (name: string) => `node -e "require('node:fs').writeFileSync('${name}.ran', '')"`
  const ran = (service: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ran') && path.startsWith(service),
    )

  beforeEach(() => {
    const own = join(folder, 'theirs/service-ts')
    mkdirSync(join(own, 'files'), { recursive: true })
    const manifest = { crbus_template: 1, kind: 'service', lang: 'ts', title: 'theirs', words: { name: 'some-thing' } }
    writeFileSync(join(own, 'template.json'), JSON.stringify(manifest))
    const scripts = { postinstall: leaveTrace('postinstall'), format: leaveTrace('format'), test: leaveTrace('test') }
    writeFileSync(join(own, 'files/package.json'), JSON.stringify({ name: 'some-thing', private: true, scripts }))
    writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ templates: 'theirs' }))
  })

  test.each([
    ['by --template', ['--template', 'theirs/service-ts'], '--template'],
    ['by crbus.json', [], 'crbus.json'],
  ])(
    "a template that is not crbus's own is named with its folder before anything is written, and none of its scripts run (chosen %s)",
    async (_, argv, from) => {
      const seen: (readonly [string, boolean])[] = []
      const onStderr = (text: string) => seen.push([text, existsSync(join(folder, 'other'))])
      const { exitCode, stderr } = await run(NewService, ['other', ...argv], { cwd: folder, onStderr })

      expect(exitCode, stderr).toBe(0)
      expect(seen[0]).toEqual([
        expect.stringMatching(
          `^note: the template is in .*theirs/service-ts \\(.*${from}\\) and not one of crbus's own\n$`,
        ),
        false,
      ])
      expect(stderr).toContain('note: not run, because the template is not')
      expect(stderr).toContain(
        'npm install --no-fund --no-audit, npm run --silent format, npm test --silent; --install runs them',
      )
      expect(readdirSync(join(folder, 'other'))).toEqual(['package.json'])
    },
  )

  test("a template that is not crbus's own has its scripts run with --install, after a notice that lists them", async () => {
    const seen: (readonly [string, readonly string[]])[] = []
    const onStderr = (text: string) => seen.push([text, ran('other')])
    const { exitCode, stderr } = await run(NewService, ['other', '--install'], { cwd: folder, onStderr })

    expect(exitCode, stderr).toBe(0)
    const [note, before] = seen.find(([text]) => text.includes('--install runs code')) ?? []
    expect(note).toContain('postinstall ("node -e')
    expect(note).toContain(', test ("node -e')
    expect(before).toEqual([])
    expect(ran('other').sort()).toEqual(['other/format.ran', 'other/postinstall.ran', 'other/test.ran'])
  }, 60_000)

  test.each([
    ['', []],
    [', also with --no-install', ['--no-install']],
  ])(
    "a template that is not crbus's own prevents crbus's own templates from running scripts of the service later%s",
    async (_, argv) => {
      const stateFolder = join(folder, 'state')
      await run(NewService, ['other', ...argv], { cwd: folder, stateFolder })
      const other = join(folder, 'other')
      writeFileSync(join(other, 'crbus.json'), '{}')
      const add = ['order', '--event', 'OrderPlaced:order_id=uuid']
      const added = await run(NewAggregate, add, { cwd: other, stateFolder })
      expect(added.exitCode, added.stderr).toBe(0)
      expect(readdirSync(join(other, 'src'))).toContain('order')
      expect(added.stderr).toContain(
        "note: not run, because a template that is not crbus's own has written into this service: npm install",
      )
      expect(ran('other')).toEqual([])
    },
  )

  test("a template that is not crbus's own is neither run nor mentioned with --no-install", async () => {
    const { stderr } = await run(NewService, ['other', '--no-install'], { cwd: folder })
    expect(stderr).not.toContain('not run')
    expect(ran('other')).toEqual([])
  })

  test("a template that is not crbus's own cannot write through a link that replaces the service or a file of it", async () => {
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'other'))
    const service = await run(NewService, ['other'], { cwd: folder })
    expect([service.exitCode, service.stderr]).toEqual([
      2,
      expect.stringContaining(
        `is a link to ${join(folder, 'elsewhere')}; a service must be a folder; nothing was written`,
      ),
    ])
    const text = read('crbus.json')
    writeFileSync(join(folder, 'elsewhere/crbus.json'), text)
    rmSync(join(shop, 'crbus.json'))
    symlinkSync('../elsewhere/crbus.json', join(shop, 'crbus.json'))
    const topic = await run(NewTopic, ['order-events'])
    expect([topic.exitCode, topic.stderr]).toEqual([
      2,
      expect.stringContaining(
        'crbus.json is a link to ../elsewhere/crbus.json, outside the service; nothing was written',
      ),
    ])
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['crbus.json'])
    expect(readFileSync(join(folder, 'elsewhere/crbus.json'), 'utf8')).toBe(text)
  })
})

describe('a template that cannot be read', () => {
  const folders: readonly (readonly [string, () => string, string])[] = [
    ['does not exist', () => 'none', 'none is not a template: it has no template.json'],
    ['is a file', () => 'crbus.json', 'crbus.json is not a folder'],
    ['is below a file', () => 'crbus.json/x', 'crbus.json is not a folder'],
    [
      'is a link to itself',
      () => {
        symlinkSync('loop', join(shop, 'loop'))
        return 'loop'
      },
      'is a link that leads back to itself',
    ],
    ['has too long a name', () => 'x'.repeat(300), 'its name is too long for the file system'],
    ['is an address', () => 'https://example.org/a.git', "'https://example.org/a.git' is not a folder"],
    ['is an address of ssh', () => 'git@example.org:a/b.git', "'git@example.org:a/b.git' is not a folder"],
    ['is an empty string', () => '', '--template is empty'],
  ]
  test.each(folders)('a template that cannot be read is refused with a reason if it %s', async (_, make, reason) => {
    const before = readdirSync(shop)
    const { stderr, exitCode } = await run(NewAggregate, ['order', ...orderFlags, '--template', make()])
    expect(stderr).toContain(reason)
    expect(stderr).not.toMatch(/ENOENT|ENOTDIR|ELOOP|ENAMETOOLONG/)
    expect(exitCode).toBe(2)
    expect(readdirSync(shop).filter((name) => name !== 'loop')).toEqual(before)
  })

  test.each([
    ['does not exist', () => {}, 'there is no folder PATH'],
    ['is a file', (path: string) => writeFileSync(path, ''), 'it is not a folder'],
    ['is a dangling link', (path: string) => symlinkSync('no', path), 'PATH is a link to no, which does not exist'],
    [
      'has a dangling link instead of the template',
      (path: string) => [mkdirSync(path), symlinkSync('no', join(path, 'aggregate-ts'))],
      'PATH/aggregate-ts is not a template',
    ],
  ])(
    "a template that cannot be read is not replaced by crbus's own when the configured folder %s",
    async (_, make, reason) => {
      writeFileSync(join(shop, 'crbus.json'), JSON.stringify({ ...config(), templates: './ours' }))
      make(join(shop, 'ours'))
      const { stderr, exitCode } = await run(NewAggregate, ['order', ...orderFlags])
      expect(stderr).toContain(reason.replace('PATH', join(shop, 'ours')))
      expect(exitCode).toBe(2)
      expect(existsSync(join(shop, 'src/order'))).toBe(false)
    },
  )
})

test("new aggregate does not mention crbus's own template", async () => {
  const { stderr } = await run(NewAggregate, ['order', ...orderFlags])
  expect(stderr).not.toContain('template')
})
