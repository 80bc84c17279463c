import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import Publish from '../../src/commands/publish.ts'
import ResetApply from '../../src/commands/reset/apply.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import SchemaDiff from '../../src/commands/schema/diff.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import SchemaShow from '../../src/commands/schema/show.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { writeSchemaFile } from '../../src/schema/write-schema-file.ts'
import { type Runnable, runCli } from './run-cli.ts'

const schemaText = (topic: string) =>
  writeSchemaFile({
    topic,
    root: 'OrderEvent',
    events: new Map([['OrderPlaced.v1', 'OrderPlaced']]),
    types: new Map([
      ['OrderEvent', { kind: 'enum', at: '', variants: [{ name: 'OrderPlaced', fields: { kind: 'unit' } }] }],
    ]),
  })

let folder: string
let broker: MemoryBroker
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-named-'))
  broker = new MemoryBroker()
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'empty.json'), '')
  writeFileSync(join(folder, 'binary.json'), Buffer.of(0xff, 0xfe, 0, 1))
  writeFileSync(join(folder, 'cut.json'), '{"offsets":[')
  writeFileSync(join(folder, 'other.json'), '{"name":"a package"}')
  writeFileSync(join(folder, 'orders.ndjson'), '{"a":1}\n')
  mkdirSync(join(folder, 'folder.json'))
  symlinkSync('nowhere', join(folder, 'dangling.json'))
  symlinkSync('circle.json', join(folder, 'circle.json'))
})

const run = (command: Runnable, argv: readonly string[], cwd = folder, env = {}) =>
  runCli(command, [...argv], { broker, cwd, env })
const at = (name: string) => join(folder, name)

const documents: readonly [name: string, command: Runnable, argv: (path: string) => string[], code: number][] = [
  ['reset --to', Reset, (path) => ['--group', 'g', '--topic', 't', '--to', path, '--dry-run'], 6],
  ['reset apply', ResetApply, (path) => [path], 6],
  ['reset undo', ResetUndo, (path) => [path], 6],
  ['schema show --schema', SchemaShow, (path) => ['--schema', path], 2],
  ['tail --schema', Tail, (path) => ['t', '--no-follow', '--schema', path], 6],
  ['publish --schema', Publish, (path) => ['t', '--type', 'A', '--data', '1', '--schema', path], 6],
]

describe.each(documents)('%s', (_, command, argv, code) => {
  test.each([
    ['nowhere.json', 'nowhere.json does not exist'],
    ['orders.ndjson/x.json', 'is not a folder'],
    ['empty.json', 'is empty'],
    ['binary.json', 'is not UTF-8 text'],
    ['cut.json', 'JSON: expected a value or ], found the end at column 13'],
    ['dangling.json', 'dangling.json is a link to nowhere, which does not exist'],
    ['circle.json', 'circle.json is a link that leads back to itself'],
  ])('names the problem with %s', async (name, reason) => {
    const { stdout, stderr, exitCode } = await run(command, argv(at(name)))
    expect(stderr).toContain(at(name))
    expect(stderr).toContain(reason)
    expect(stderr).not.toMatch(/ENOENT|EISDIR|ENOTDIR|ELOOP/)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: code })
  })

  test.runIf(existsSync('/dev/zero'))('reads no more than its limit of a device that has no end', async () => {
    // The content is a plan, a schema or, by its name, offsets.
    const path = command === Reset ? at('zero.json') : '/dev/zero'
    if (command === Reset) symlinkSync('/dev/zero', path)
    const { stderr, exitCode } = await run(command, argv(path))
    expect(stderr).toContain(`${path} is larger than 64 MiB`)
    expect(exitCode).toBe(code)
  })

  test('reads a pipe to its end', async () => {
    execFileSync('mkfifo', [at('pipe.json')])
    const { spawn } = await import('node:child_process')
    spawn('sh', ['-c', `printf '{"crbus":1}' > ${at('pipe.json')}`])
    const { stderr, exitCode } = await run(command, argv(at('pipe.json')))
    expect(stderr).toMatch(/holds no offsets|is not a plan file|is not an undo file|is not a schema file/)
    expect(exitCode).toBe(code)
  })
})

describe.each(documents.slice(0, 3))('%s', (_, command, argv) => {
  test('refuses a folder instead of a file', async () => {
    const { stderr } = await run(command, argv(at('folder.json')))
    expect(stderr).toContain(`${at('folder.json')} is a folder, not a file`)
  })
})

test('commands name a file that the user may not read', () => {
  chmodSync(folder, 0o755)
  chmodSync(at('other.json'), 0)
  // Runs as another user, because root may read every file.
  const script = `
    const { pathProblem } = await import('${new URL('../../src/operations/named-file.ts', import.meta.url)}')
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534) }
    console.log(pathProblem(process.argv[1], 'file'))`
  const options = ['--no-warnings', '--input-type=module', '--eval', script, at('other.json')]
  const said = execFileSync(process.execPath, options, { encoding: 'utf8' })
  expect(said).toBe(`${at('other.json')} cannot be read: permission denied\n`)
})

describe('publish --file', () => {
  test.each([
    ['nowhere.json', 'there is no such file or folder'],
    ['folder.json', 'it is a folder, not a file'],
    ['dangling.json', `PATH is a link to nowhere, which does not exist`],
  ])('names the problem with %s', async (name, reason) => {
    const { stderr, exitCode } = await run(Publish, ['t', '--type', 'A', '--file', at(name)])
    expect(stderr).toContain(`cannot read ${at(name)}: ${reason.replace('PATH', at(name))} (CRBUS_USAGE)`)
    expect(exitCode).toBe(2)
  })

  test('resolves the file in the working directory', async () => {
    const { stdout } = await run(Publish, ['t', '--type', 'A', '--file', 'orders.ndjson'])
    expect(stdout).toMatch(/^t\[\d\]@0 A\n$/)
  })
})

describe('schema import and diff', () => {
  test.each([
    ['orders.ndjson', 'not Rust source; name a .rs file, a crate or a folder of source'],
    ['nowhere.rs', 'there is no such file or folder'],
    ['folder.json', 'the folder has no .rs files'],
    ['dangling.json', 'PATH is a link to nowhere, which does not exist'],
  ])('import names the problem with %s', async (name, reason) => {
    const { stderr, exitCode } = await run(SchemaImport, [name])
    expect(stderr).toContain(`${name}: ${reason.replace('PATH', at(name))}`)
    expect(exitCode).toBe(2)
  })

  test('import does not wait for a pipe', async () => {
    execFileSync('mkfifo', [at('pipe.rs')])
    const { stderr, exitCode } = await run(SchemaImport, ['pipe.rs'])
    expect(stderr).toContain('pipe.rs: it is a pipe, not a file')
    expect(exitCode).toBe(2)
  })

  test.each([
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a link to a device without end', (path: string) => symlinkSync('/dev/zero', path)],
  ])('import treats %s instead of a module as a missing module', async (_, make) => {
    mkdirSync(at('src'))
    make(at('src/other.rs'))
    writeFileSync(at('src/lib.rs'), 'mod other;\npub struct Event(pub other::Missing);')
    const { stderr, exitCode } = await run(SchemaImport, ['src', '--root', 'Event', '--topic', 'order-events'])
    expect(stderr).toContain("module 'other' has no file: tried src/other.rs and src/other/mod.rs")
    expect(exitCode).toBe(2)
  })

  test.each([
    ['/dev/full', 'the schema /dev/full cannot be written: no space left on the disk of /dev'],
    ['pipe.json', 'the schema pipe.json cannot be written: no process reads from the pipe'],
  ])('import --out %s is refused without reading the file', async (out, reason) => {
    execFileSync('mkfifo', [at('pipe.json')])
    writeFileSync(
      at('order.rs'),
      '#[derive(Serialize)]\npub enum OrderEvent { Placed { id: u64 } }\nimpl OrderEvent { fn event_type(&self) -> &str { match self { Self::Placed { .. } => "Placed.v1" } } }\n',
    )
    const { stderr, exitCode } = await run(SchemaImport, ['order.rs', '--topic', 'order-events', '--out', out])
    expect(stderr).toContain(reason)
    expect(exitCode).toBe(6)
  })

  test.each([
    ['nowhere.json', 'nowhere.json: there is no such file or folder'],
    ['folder.json', 'folder.json: it is a folder, not a file'],
    ['orders.ndjson', 'not Rust source'],
  ])('diff names the problem with %s', async (name, reason) => {
    writeFileSync(at('good.json'), schemaText('order-events'))
    const { stderr, exitCode } = await run(SchemaDiff, [name, 'good.json'])
    expect(stderr).toContain(reason)
    expect(exitCode).toBe(2)
  })
})

describe('a folder of schemas', () => {
  let schemas: string
  beforeEach(async () => {
    schemas = at('schemas')
    mkdirSync(schemas)
    writeFileSync(join(schemas, 'order-events.json'), schemaText('order-events'))
    writeFileSync(join(schemas, 'package.json'), '{"name":"another program"}')
    writeFileSync(join(schemas, 'notes.txt'), '{')
    writeFileSync(join(schemas, '._order-events.json'), Buffer.of(0xff))
    mkdirSync(join(schemas, 'old.json'))
    await run(Publish, ['t', '--type', 'A', '--data', '{"a":1}', '--codec', 'json'])
  })
  const broken: readonly [name: string, make: (path: string) => void, reason: string][] = [
    ['a.json', (path) => writeFileSync(path, ''), 'is empty'],
    ['a.json', (path) => writeFileSync(path, '{"crbus_'), 'is not JSON'],
    ['a.json', (path) => writeFileSync(path, Buffer.of(0xff)), 'is not UTF-8 text'],
    ['z.json', (path) => symlinkSync('nowhere', path), 'cannot be read: '],
    ['z.json', (path) => execFileSync('mkfifo', [path]), 'is a pipe, not a file'],
  ]

  test('a folder of schemas is read without notices when every JSON file is readable', async () => {
    const named = await run(Tail, ['t', '--no-follow', '--schema', schemas])
    expect(named).toMatchObject({ stderr: '1 event\n', exitCode: 0 })
    expect((await run(SchemaShow, ['--schema', schemas])).stdout).toContain('enum OrderEvent')
  })

  test.each(broken)(
    'a folder of schemas that is named is refused for a bad %s, with its path and the reason',
    async (name, make, reason) => {
      make(join(schemas, name))
      const { stderr, exitCode } = await run(Tail, ['t', '--no-follow', '--schema', schemas])
      expect(stderr).toContain(`the schema cannot be used: ${join(schemas, name)} ${reason}`)
      expect(exitCode).toBe(6)
      const chosen = await run(Tail, ['t', '--no-follow'], tmpdir(), { CRBUS_SCHEMAS: schemas })
      expect(chosen).toMatchObject({ stderr, exitCode })
    },
  )

  test.each(broken)(
    'a folder of schemas that was found is used without a bad %s, with a notice',
    async (name, make, reason) => {
      make(join(schemas, name))
      const { stderr, exitCode } = await run(Tail, ['t', '--no-follow'])
      expect(stderr).toContain(`${join(schemas, name)} ${reason}`)
      expect(stderr).toContain('; the file is ignored\n1 event\n')
      expect(exitCode).toBe(0)
      expect((await run(SchemaShow, [])).stdout).toContain('enum OrderEvent')
    },
  )

  test('a folder of schemas that is named is refused when it contains no schema', async () => {
    rmSync(join(schemas, 'order-events.json'))
    const { stderr, exitCode } = await run(Tail, ['t', '--no-follow', '--schema', schemas])
    expect(stderr).toContain(`${schemas} contains no schema (CRBUS_REFUSED)\n  try: crbus schema import PATH`)
    expect(exitCode).toBe(6)
  })
})
