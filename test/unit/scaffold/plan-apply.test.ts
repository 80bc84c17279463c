import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { applyScaffold } from '../../../src/scaffold/plan/apply.ts'
import { planScaffold, type ScaffoldPlan } from '../../../src/scaffold/plan/plan.ts'
import { loadTemplate } from '../../../src/scaffold/template/template.ts'

let folder: string
let root: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-plan-'))
  root = join(folder, 'service')
})

const write = (path: string, text: string | Uint8Array) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readOr = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path)) : undefined)

const manifest = {
  crbus_template: 1,
  kind: 'aggregate',
  lang: 'ts',
  title: 'a test',
  words: { name: 'order-line' },
  files: { 'optional.txt': { if: 'codec=rust' }, 'alone.txt': { here: true }, 'config.any': { to: 'order-line.conf' } },
  json: { 'package.json': { version: '$version', extra: { orderLine: true } } },
  edits: [{ file: 'crbus.json', json: { topics: { 'order-line-events': { partitions: '$partitions' } } } }],
}

const template = (more: object = {}) => {
  write('template/template.json', JSON.stringify({ ...manifest, ...more }))
  write('template/files/src/order-line.ts', 'export const orderLine = 1\n')
  write('template/files/_gitignore', 'node_modules\n')
  write('template/files/package.json', '{"name":"order-line","list":["order_line"],"number":1}')
  write('template/files/optional.txt', 'rust')
  write('template/files/alone.txt', 'alone')
  write('template/files/config.any', 'order-line')
  write('template/files/logo.bin', new Uint8Array([0, 1, 2, 255]))
  return loadTemplate(join(folder, 'template'))
}

const plan = (more: object = {}, scope: object = {}): ScaffoldPlan =>
  planScaffold({
    template: template(more),
    scope: { name: { words: ['stock'] }, codec: 'cbor', version: '1.2.3', partitions: 6, ...scope },
    root,
    read: readOr,
    generated: { schema: () => '' } as never,
  })
const actions = ({ files }: ScaffoldPlan) => Object.fromEntries(files.map(({ path, action }) => [path, action]))

/** Every file under the root, as it is. */
const everything = () =>
  existsSync(root)
    ? readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((path) => statSync(join(root, path)).isFile())
        .sort()
    : undefined

describe('a plan', () => {
  test('a plan renames files and text, sets JSON, leaves out unwanted files, and copies bytes', () => {
    applyScaffold(plan())
    expect(everything()).toEqual(['.gitignore', 'crbus.json', 'logo.bin', 'package.json', 'src/stock.ts', 'stock.conf'])
    expect(read('src/stock.ts')).toBe('export const stock = 1\n')
    expect(JSON.parse(read('package.json'))).toEqual({
      name: 'stock',
      list: ['stock'],
      number: 1,
      version: '1.2.3',
      extra: { stock: true },
    })
    expect(JSON.parse(read('crbus.json'))).toEqual({ topics: { 'stock-events': { partitions: 6 } } })
    expect([...readFileSync(join(root, 'logo.bin'))]).toEqual([0, 1, 2, 255])
  })

  test('a plan keeps equal files, shows files that differ, and overwrites them only by force', () => {
    applyScaffold(plan())
    expect(new Set(Object.values(actions(plan())))).toEqual(new Set(['keep']))
    writeFileSync(join(root, 'src/stock.ts'), 'mine')
    expect(actions(plan())).toMatchObject({ 'src/stock.ts': 'changed', '.gitignore': 'keep' })
    expect(applyScaffold(plan())).toEqual({ written: [] })
    expect(read('src/stock.ts')).toBe('mine')
    expect(applyScaffold(plan(), { force: true })).toEqual({ written: ['src/stock.ts'] })
    expect(read('src/stock.ts')).toBe('export const stock = 1\n')
  })

  test('a plan lists the edits that have to be made by hand, and makes the others', () => {
    write('service/crbus.json', 'no JSON')
    const made = plan()
    expect(made.files.find(({ path }) => path === 'crbus.json')).toMatchObject({
      action: 'by-hand',
      notes: ['the file is not a JSON object; add by hand: {"topics":{"stock-events":{"partitions":6}}}'],
    })
    applyScaffold(made)
    expect(read('crbus.json')).toBe('no JSON')
    expect(existsSync(join(root, 'src/stock.ts'))).toBe(true)
  })

  test.each([
    [{ files: { 'config.any': { to: '../out' } } }, "'../out' leads out of the service"],
    [{ files: { 'config.any': { to: '/etc/x' } } }, 'leads out of the service'],
    [{ files: { 'config.any': { to: 'src/order-line.ts' } } }, 'two files of the template have this path'],
    [{ files: { 'config.any': { if: 'nothing' } } }, "unknown name 'nothing'"],
    [{ json: { 'package.json': { a: '$nothing' } } }, "unknown name 'nothing'"],
  ])('a plan refuses a template with %j', (more, reason) => {
    expect(() => plan(more)).toThrow(reason)
    expect(everything()).toBeUndefined()
  })

  test('a plan lists all mistakes of a manifest', () => {
    const wrong = { lang: 'go', words: { name: 'order' }, files: { 'no.txt': {} }, edits: [{ file: 'a' }], other: 1 }
    expect(() => template(wrong)).toThrow(
      /other: unknown key[\s\S]*lang: one of ts, rust[\s\S]*words.name: 'order' must be a name of two words[\s\S]*edits\[0\][\s\S]*files.no.txt: files\/no.txt does not exist/,
    )
  })
})

describe('applying', () => {
  test('applying a plan keeps permissions, and follows a link inside the service', () => {
    write('service/lib/shared.ts', 'old')
    mkdirSync(join(root, 'src'), { recursive: true })
    symlinkSync('../lib/shared.ts', join(root, 'src/stock.ts'))
    write('service/package.json', '{}')
    chmodSync(join(root, 'package.json'), 0o600)
    applyScaffold(plan(), { force: true })
    expect(read('lib/shared.ts')).toBe('export const stock = 1\n')
    expect(lstatSync(join(root, 'src/stock.ts')).isSymbolicLink()).toBe(true)
    expect(statSync(join(root, 'package.json')).mode & 0o777).toBe(0o600)
  })

  test('applying a plan leaves no file when one of them cannot be written', () => {
    write('service/crbus.json', '{ "a": 1 }')
    const made = plan()
    // In the way of src/stock.ts, since the plan was made.
    write('service/src', 'a file')
    expect(() => applyScaffold(made, { force: true })).toThrow('nothing was written')
    expect(everything()).toEqual(['crbus.json', 'src'])
    expect(read('crbus.json')).toBe('{ "a": 1 }')
  })

  test('applying a plan that fails leaves no folder of a new service', () => {
    const made = plan()
    write('service', 'a file in the way')
    expect(() => applyScaffold(made)).toThrow('nothing was written')
    expect(readFileSync(root, 'utf8')).toBe('a file in the way')
  })

  test('applying refuses a plan whose files have changed since', () => {
    write('service/crbus.json', '{}')
    const made = plan()
    write('service/crbus.json', '{ "b": 2 }')
    expect(() => applyScaffold(made)).toThrow('crbus.json has changed since the plan was made')
    expect(everything()).toEqual(['crbus.json'])
  })

  test('after a kill at any moment, every file is the complete old one or the complete new one', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `file-${String(index).padStart(2, '0')}.txt`)
    const script = `
      import { applyScaffold } from ${JSON.stringify(new URL('../../../src/scaffold/plan/apply.ts', import.meta.url).href)}
      const files = ${JSON.stringify(many)}.map((path) => ({ path, action: 'edit', before: 'old'.repeat(20000), after: 'new'.repeat(20000), isExecutable: false, notes: [] }))
      process.stdout.write('go')
      applyScaffold({ root: ${JSON.stringify(root)}, files })
    `
    for (const after of [0, 2, 5, 9]) {
      for (const path of many) write(`service/${path}`, 'old'.repeat(20000))
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise((resolve) => child.stdout.once('data', resolve))
      setTimeout(() => child.kill('SIGKILL'), after)
      await new Promise((resolve) => child.once('exit', resolve))
      for (const path of many) expect(['old', 'new'].map((word) => word.repeat(20000))).toContain(read(path))
    }
  })
})
