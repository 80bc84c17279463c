import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packTar } from '../../../src/files/tar.ts'

const file = (path: string, text: string, isExecutable = false) => ({ path, content: Buffer.from(text), isExecutable })

test('an archive has the paths, contents and permissions of its files, whatever their size', () => {
  const sizes = [0, 1, 511, 512, 513, 70_000]
  const files = sizes.map((size) => file(`package/${size}.txt`, 'x'.repeat(size), size === 1))
  const folder = mkdtempSync(join(tmpdir(), 'crbus-tar-'))

  execFileSync('tar', ['xf', '-', '-C', folder], { input: packTar([...files, file('package/über.txt', 'ü')]) })

  for (const { path, content } of files) expect(readFileSync(join(folder, path))).toEqual(content)
  expect(readFileSync(join(folder, 'package/über.txt'), 'utf8')).toBe('ü')
  const modes = ['1.txt', '512.txt'].map((name) => statSync(join(folder, 'package', name)).mode & 0o111)
  expect(modes).toEqual([0o111, 0])
})

test('equal files give equal archives', () => {
  const pack = () => packTar([file('package/a', 'a'), file('package/b', 'b')])
  expect(pack()).toEqual(pack())
})

test('a path that the format cannot hold is refused', () => {
  expect(() => packTar([file('a'.repeat(101), '')])).toThrow('is too long for a tar archive')
})
