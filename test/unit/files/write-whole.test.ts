import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { advice } from '../../../src/bus/hints.ts'
import { causeOf } from '../../../src/files/cause.ts'
import { fileRefused } from '../../../src/files/file-refused.ts'
import { makeFolder } from '../../../src/files/make-folder.ts'
import { writeWhole } from '../../../src/files/write-whole.ts'
import { onSmallDisk, smallDisk } from '../../support/small-disk.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})
const at = (...names: string[]) => join(folder, ...names)

function thrownBy(work: () => unknown): NodeJS.ErrnoException {
  try {
    work()
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
  throw new Error('nothing was thrown')
}

describe('makeFolder', () => {
  test('creates every missing level with the given permissions and returns them, outermost first', () => {
    expect(makeFolder(at('a', 'b', 'c'), 0o700)).toEqual([at('a'), at('a', 'b'), at('a', 'b', 'c')])
    expect(statSync(at('a', 'b')).mode & 0o777).toBe(0o700)
    expect(makeFolder(at('a', 'b'))).toEqual([])
  })

  test('follows a link to a folder', () => {
    mkdirSync(at('real'))
    symlinkSync(at('real'), at('link'))
    makeFolder(at('link', 'sub'))
    expect(existsSync(at('real', 'sub'))).toBe(true)
  })

  test.each([
    ['a dangling link', (path: string) => symlinkSync('nowhere', path), 'is a link to nowhere, which does not exist'],
    ['a link to itself', (path: string) => symlinkSync(path, path), 'is a link that leads back to itself'],
    ['a file', (path: string) => writeFileSync(path, ''), 'is not a folder'],
  ])('refuses a path through %s and names the cause', (_, make, says) => {
    make(at('x'))
    for (const path of [at('x'), at('x', 'y'), at('x', 'y', 'z')]) {
      const error = thrownBy(() => makeFolder(path))
      expect(causeOf(error, join(path, 'file.json'))).toBe(`${at('x')} ${says}`)
    }
  })

  test.runIf(process.platform === 'linux')('refuses a folder under /proc instead of trying forever', () => {
    const error = thrownBy(() => makeFolder('/proc/crbus/a/b'))
    expect(causeOf(error, '/proc/crbus/a/b/file.json')).toBe('cannot create a folder in /proc')
  })

  test('refuses a folder whose path is a file', () => {
    writeFileSync(at('x'), '')
    const error = thrownBy(() => makeFolder(at('x')))
    expect(causeOf(error, at('x'))).toBe('it exists and is not a folder')
  })

  test('refuses a name that is too long', () => {
    const error = thrownBy(() => makeFolder(at('x'.repeat(300))))
    expect(causeOf(error, at('x'.repeat(300)))).toBe('its name is too long for the file system')
  })
})

describe('writeWhole', () => {
  test('replaces a file, keeps its permissions and leaves no temporary file', () => {
    writeFileSync(at('a.json'), 'before', { mode: 0o640 })
    writeWhole(at('a.json'), 'after', { isDurable: true })
    expect(readFileSync(at('a.json'), 'utf8')).toBe('after')
    expect(statSync(at('a.json')).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder)).toEqual(['a.json'])
  })

  test.runIf(process.getuid?.() === 0)('leaves a file that root replaces to its owner', () => {
    writeFileSync(at('a.json'), 'before', { mode: 0o600 })
    chownSync(at('a.json'), 54_321, 54_322)
    writeWhole(at('a.json'), 'after')
    expect(statSync(at('a.json'))).toMatchObject({ uid: 54_321, gid: 54_322, mode: 0o100600 })
    expect(readFileSync(at('a.json'), 'utf8')).toBe('after')
  })

  test('keeps a link and replaces its target', () => {
    mkdirSync(at('real'))
    writeFileSync(at('real', 'a.json'), 'before')
    symlinkSync(at('real', 'a.json'), at('link.json'))
    writeWhole(at('link.json'), 'after')
    expect(lstatSync(at('link.json')).isSymbolicLink()).toBe(true)
    expect(readFileSync(at('real', 'a.json'), 'utf8')).toBe('after')
    expect(readdirSync(at('real'))).toEqual(['a.json'])
  })

  test('writes to a device without replacing it', () => {
    writeWhole('/dev/null', 'x')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test('writes to a pipe that a process reads, and refuses a pipe without a reader at once', async () => {
    execFileSync('mkfifo', [at('pipe')])
    const error = thrownBy(() => writeWhole(at('pipe'), 'x'))
    expect(causeOf(error, at('pipe'))).toBe('no process reads from the pipe')
    const reader = spawn('sh', ['-c', `exec 3<> ${at('pipe')}; echo open; head -c 200000 <&3 | wc -c`])
    const read: string[] = []
    await new Promise<void>((resolve) => {
      reader.stdout.on('data', (chunk) => {
        read.push(String(chunk))
        resolve()
      })
    })
    writeWhole(at('pipe'), 'x'.repeat(200_000))
    await once(reader, 'close')
    expect(read.join('')).toBe('open\n200000\n')
  })

  test('refuses a name that is not UTF-8 instead of creating another file', () => {
    for (const path of [at('a\ufffd', 'x'), at('a\ufffd')]) {
      for (const make of [() => writeWhole(path, 'x', { folderMode: 0o700 }), () => makeFolder(path)]) {
        expect(causeOf(thrownBy(make), path)).toBe('its name is not UTF-8')
      }
    }
    expect(readdirSync(folder)).toEqual([])
  })

  test('does not replace an existing file when the file must be new', () => {
    writeWhole(at('a.json'), 'first', { isNew: true })
    expect(thrownBy(() => writeWhole(at('a.json'), 'second', { isNew: true })).code).toBe('EEXIST')
    expect(readFileSync(at('a.json'), 'utf8')).toBe('first')
    expect(readdirSync(folder)).toEqual(['a.json'])
  })

  test.each([
    ['a folder', () => mkdirSync(at('x')), 'it is a folder'],
    ['a dangling link', () => symlinkSync('/nowhere/x', at('x')), 'x is a link to /nowhere/x, which does not exist'],
    ['a link to itself', () => symlinkSync('x', at('x')), 'x is a link that leads back to itself'],
  ])('refuses %s and leaves no files', (_, make, says) => {
    make()
    const error = thrownBy(() => writeWhole(at('x'), 'text'))
    expect(causeOf(error, at('x'))).toContain(says)
    expect(readdirSync(folder)).toEqual(['x'])
  })

  test('refuses a missing folder, names it and creates nothing', () => {
    const error = thrownBy(() => writeWhole(at('a', 'b', 'x.json'), 'text'))
    expect(causeOf(error, at('a', 'b', 'x.json'))).toBe(`there is no folder ${at('a')}`)
    expect(readdirSync(folder)).toEqual([])
  })

  test.runIf(process.platform === 'linux')('refuses a file under /proc', () => {
    const error = thrownBy(() => writeWhole('/proc/crbus.json', 'text'))
    expect(causeOf(error, '/proc/crbus.json')).toBe('cannot create a file in /proc')
  })

  test.runIf(onSmallDisk)('leaves the file as it was where the disk is full, and nothing beside it', () => {
    const disk = smallDisk()
    writeFileSync(join(disk.path, 'a.json'), 'before')
    disk.fill()
    const error = thrownBy(() => writeWhole(join(disk.path, 'a.json'), 'after'.repeat(10_000)))
    expect(fileRefused('the plan', join(disk.path, 'a.json'), error, [advice('choose another file')])).toMatchObject({
      code: 'REFUSED',
      message: `the plan ${disk.path}/a.json cannot be written: no space left on the disk of ${disk.path}`,
      hints: [advice('make room on the disk'), advice('choose another file')],
    })
    expect(readFileSync(join(disk.path, 'a.json'), 'utf8')).toBe('before')
    expect(readdirSync(disk.path).filter((name) => name.includes('part'))).toEqual([])
  })

  test.runIf(onSmallDisk)('refuses a read-only file system', () => {
    const disk = smallDisk()
    disk.makeReadOnly()
    const error = thrownBy(() => writeWhole(join(disk.path, 'a.json'), 'text'))
    expect(causeOf(error, join(disk.path, 'a.json'))).toBe(`${disk.path} is on a read-only file system`)
  })

  test('refuses a folder and a file that the user may not write', () => {
    // Runs as another user, because permissions do not apply to root.
    const script = `
      const { writeWhole } = await import('${new URL('../../../src/files/write-whole.ts', import.meta.url)}')
      const { causeOf } = await import('${new URL('../../../src/files/cause.ts', import.meta.url)}')
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534) }
      for (const path of process.argv.slice(1)) {
        try { writeWhole(path, 'x'); console.log('written') } catch (error) { console.log(causeOf(error, path)) }
      }`
    mkdirSync(at('own'), { mode: 0o755 })
    writeFileSync(at('own', 'there.json'), '', { mode: 0o666 })
    mkdirSync(at('open'))
    writeFileSync(at('open', 'sealed.json'), '', { mode: 0o444 })
    for (const path of [folder, at('open')]) execFileSync('chmod', ['777', path])
    execFileSync('chmod', ['555', at('own')])
    const files = [at('own', 'new.json'), at('own', 'there.json'), at('open', 'sealed.json'), at('open', 'new.json')]
    const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script, ...files])
    expect(String(said).trim().split('\n')).toEqual([
      `permission denied: ${at('own')}`,
      expect.stringMatching(`permission denied: ${at('own')}`),
      `permission denied: ${at('open', 'sealed.json')}`,
      'written',
    ])
    execFileSync('chmod', ['755', at('own')])
  })
})
