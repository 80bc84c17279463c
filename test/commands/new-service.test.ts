import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { Stop } from '../../src/cli/process/stop.ts'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewService from '../../src/commands/new/service.ts'
import { config, createShop, folder, orderFlags, read, run, shop } from './new-shop.ts'

beforeEach(createShop)

describe('new service', () => {
  test('creates a folder whose package.json has the version in --crbus', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({ name: 'shop', dependencies: { crbus: '^9.9.9' } })
    expect(existsSync(join(shop, '.github/workflows/ci.yml'))).toBe(true)
    expect(read('compose.yaml')).not.toContain('sample')
  })

  test.each(['../x', 'class', '2nd', 'a b', 'nul'])('refuses the name %s', async (name) => {
    const { exitCode, stderr } = await run(NewService, [name, '--no-install'], { cwd: folder })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is not a valid name')
  })

  test('requires a name without a terminal to ask on', async () => {
    const { exitCode, stderr } = await run(NewService, [], { cwd: folder })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('try: crbus new service shop')])
  })

  test('writes nothing with --dry-run or after an interrupt', async () => {
    const { stdout } = await run(NewService, ['other', '--dry-run'], { cwd: folder })
    expect(stdout).toMatch(/^other\/\n[\s\S]*main.ts +create\n/)
    const stop = new Stop()
    stop.request('interrupted')
    expect((await run(NewService, ['other', '--no-install'], { cwd: folder, stop })).exitCode).toBe(130)
    expect(existsSync(join(folder, 'other'))).toBe(false)
  })
})

describe('the crbus of a new service', () => {
  const create = (...argv: string[]) => run(NewService, ['other', '--no-install', ...argv], { cwd: folder })
  const dependency = () => JSON.parse(readFileSync(join(folder, 'other/package.json'), 'utf8')).dependencies.crbus
  const vendored = (name: string) => readFileSync(join(folder, 'other/vendor', name))

  /** Creates a folder that looks like an installed crbus. */
  function installCrbus(at: string, manifest: object = { name: 'crbus', version: '7.8.9', files: ['bin', 'dist'] }) {
    for (const name of ['bin', 'dist/cli']) mkdirSync(join(folder, at, name), { recursive: true })
    writeFileSync(join(folder, at, 'package.json'), JSON.stringify(manifest))
    for (const path of ['bin/crbus.js', 'dist/cli/main.js', 'left-out.js']) writeFileSync(join(folder, at, path), path)
  }

  test('is a copy of the running crbus, because the registry does not have it', async () => {
    const { stdout, stderr } = await create()
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const name = `crbus-${version}.tgz`
    expect(dependency()).toBe(`file:vendor/${name}`)
    expect(stdout).toMatch(/vendor\/\n.*crbus-.*tgz +create\n/)
    expect(stderr).toContain(`note: vendor/${name}: the copy of crbus from which npm installs it; commit it with the`)
    const files = execFileSync('tar', ['tzf', '-'], { input: vendored(name) })
      .toString()
      .split('\n')
    expect(files).toEqual(expect.arrayContaining(['package/package.json', 'package/bin/crbus.js']))
    expect((await create()).stdout).toMatch(/crbus-.*tgz +keep\n/)
  })

  test('is a copy of the installed crbus in the folder of --crbus', async () => {
    installCrbus('node_modules/crbus')
    await create('--crbus', './node_modules/crbus')
    expect(dependency()).toBe('file:vendor/crbus-7.8.9.tgz')
    const files = execFileSync('tar', ['tzf', '-'], { input: vendored('crbus-7.8.9.tgz') }).toString()
    expect(files).toBe('package/bin/crbus.js\npackage/dist/cli/main.js\npackage/package.json\n')
  })

  test('is a copy of the archive in --crbus', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 8, 0])
    writeFileSync(join(folder, 'crbus-0.2.0.tgz'), bytes)
    await create('--crbus', 'crbus-0.2.0.tgz')
    expect([dependency(), vendored('crbus-0.2.0.tgz')]).toEqual(['file:vendor/crbus-0.2.0.tgz', bytes])
  })

  test.each(['^0.1.0', 'file:../crbus', 'https://example.org/crbus-0.1.0.tgz', 'github:me/crbus'])(
    'is left to npm with --crbus %s',
    async (given) => {
      await create('--crbus', given)
      expect(dependency()).toBe(given)
      expect(existsSync(join(folder, 'other/vendor'))).toBe(false)
    },
  )

  test('is refused if the path does not exist or has something else', async () => {
    writeFileSync(join(folder, 'text.tgz'), 'text')
    installCrbus('other-package', { name: 'kafkajs', version: '1.0.0', files: ['dist'] })
    installCrbus('not-built', { name: 'crbus', version: '1.0.0', files: ['bin'] })
    for (const path of ['./text.tgz', './other-package', './not-built']) {
      const { exitCode, stderr } = await create('--crbus', path)
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${path.slice(2)} is not a packed, installed or`)])
    }
    const { exitCode, stderr } = await create('--crbus', '../nowhere/crbus-0.1.0.tgz')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(
      /--crbus: \/.*nowhere\/crbus-0\.1\.0\.tgz does not exist \(CRBUS_USAGE\)\n {2}try: --crbus \.\/crbus-0\.1\.0\.tgz/,
    )
    expect(existsSync(join(folder, 'other'))).toBe(false)
  })

  test('is not copied into a service in Rust', async () => {
    await create('--lang', 'rust')
    expect(existsSync(join(folder, 'other/Cargo.toml'))).toBe(true)
    expect(existsSync(join(folder, 'other/vendor'))).toBe(false)
  })
})

describe('new aggregate', () => {
  test('registers the aggregate and declares its topics, once', async () => {
    const made = await run(NewAggregate, ['order', ...orderFlags, '--partitions', '6', '--retention', '1d', '--json'])
    const { files, written } = JSON.parse(made.stdout)
    expect(files.find(({ path }: { path: string }) => path === 'src/service.ts').action).toBe('edit')
    expect(written).toContain('src/order/aggregate.ts')
    expect(read('src/service.ts')).toContain('parts: readonly Part[] = [orderPart]')
    expect(config().topics['order-events']).toEqual({ partitions: 6, retention: '1d', codec: 'cbor' })
    const again = await run(NewAggregate, ['order', ...orderFlags, '--partitions', '6', '--retention', '1d', '--json'])
    expect(JSON.parse(again.stdout).written).toEqual([])
  })

  test('shows a file that differs, does not change it, and overwrites it with --force', async () => {
    await run(NewAggregate, ['order', ...orderFlags])
    writeFileSync(join(shop, 'src/order/codec.ts'), '// mine\n')
    const shown = await run(NewAggregate, ['order', ...orderFlags])
    expect(shown.stdout).toContain('--- src/order/codec.ts, current\n+++ src/order/codec.ts, planned\n')
    expect(shown.stdout).toContain('\n-// mine\n+import { cborCodec }')
    expect(shown.stderr).toContain('a file differs and was not changed; --force overwrites it')
    expect(read('src/order/codec.ts')).toBe('// mine\n')
    await run(NewAggregate, ['order', ...orderFlags, '--force'])
    expect(read('src/order/codec.ts')).toContain('cborCodec')
  })

  test.each([
    [['order'], 'name the events of order'],
    [['order', '--event', 'OrderFailed'], 'event OrderFailed: a failure must follow the event that it replaces'],
    [
      ['order', '--event', 'OrderFailed'],
      '  try: --event OrderPlaced:order_id=uuid,total=money\n  try: --event OrderFailed\n',
    ],
    [['order', '--event', 'StockShort:a=uuid'], '  try: --event DoIt/StockShort:a=uuid\n'],
    [['order', ...orderFlags, '--codec', 'json'], '--codec json is not one of cbor'],
    [['order', ...orderFlags, '--set', 'colour=red'], "does not ask for 'colour'"],
    [['order', ...orderFlags, '--set', 'colour=red'], '  try: --set codec=cbor\n  try: --set partitions='],
    [['order', ...orderFlags, '--partitions', '0'], "invalid answer '0' to 'partitions'"],
    [['order', ...orderFlags, '--id', 'total'], "'total' is not a field of type uuid or string"],
    [['order', ...orderFlags, '--id', 'total'], '  try: --event OrderPlaced:total=uuid,…\n  try: --id order_id\n'],
    [
      ['order', ...orderFlags, '--template', 'x'.repeat(300)],
      '  try: --template FOLDER (uses a folder that contains template.json and a folder named files)',
    ],
    [['order', ...orderFlags, '--template', '.'], 'is not a template: it has no template.json'],
  ])('refuses %j', async (argv, reason) => {
    const { exitCode, stderr } = await run(NewAggregate, argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(reason)
    expect(existsSync(join(shop, 'src/order'))).toBe(false)
  })

  test('new aggregate is refused outside a service', async () => {
    const { exitCode, stderr } = await run(NewAggregate, ['order', ...orderFlags], { cwd: folder })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('try: crbus new service shop')])
  })

  test('uses a template from --template or from the configured folder', async () => {
    const own = join(shop, 'ours/aggregate-ts')
    mkdirSync(join(own, 'files'), { recursive: true })
    const manifest = { crbus_template: 1, kind: 'aggregate', lang: 'ts', title: 'ours', words: { name: 'some-thing' } }
    const questions = [
      { name: 'colour', ask: 'Which colour?', kind: 'choice', choices: { red: 'warm', blue: 'cold' }, default: 'red' },
      { name: 'sum', ask: 'Which sum?', kind: 'text', default: 'none' },
    ]
    writeFileSync(join(own, 'template.json'), JSON.stringify({ ...manifest, questions }))
    writeFileSync(
      join(own, 'files/some-thing.txt'),
      '// crbus:put paint is colour; result is sum\nSomeThing is paint: result\n',
    )
    const answers = ['--set', 'colour=blue', '--set', 'sum=1+1=2']
    await run(NewAggregate, ['order', ...orderFlags, '--template', 'ours/aggregate-ts', ...answers])
    expect(read('order.txt')).toBe('Order is blue: 1+1=2\n')
    writeFileSync(join(shop, 'crbus.json'), JSON.stringify({ ...config(), templates: './ours' }))
    await run(NewAggregate, ['payment', ...orderFlags])
    expect(read('payment.txt')).toBe('Payment is red: none\n')
  })
})
