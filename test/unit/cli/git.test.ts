import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { runGit } from '../../../src/cli/process/git.ts'

const folder = mkdtempSync(join(tmpdir(), 'crbus-git-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

describe('runGit', () => {
  test('returns the output of git', () => {
    expect(runGit(['--version'], folder)).toEqual({ ok: true, text: expect.stringMatching(/^git version /) })
  })

  test('returns what git says about a failure', () => {
    expect(runGit(['cat-file', '-t', 'HEAD'], folder)).toEqual({
      ok: false,
      reason: expect.stringContaining('not a git repository'),
    })
  })

  test('says that the folder does not exist', () => {
    const missing = join(folder, 'missing')
    expect(runGit(['--version'], missing)).toEqual({ ok: false, reason: `the folder ${missing} does not exist` })
  })

  test('says that git is not installed', () => {
    vi.stubEnv('PATH', folder)
    expect(runGit(['--version'], folder)).toEqual({ ok: false, reason: 'git is not installed' })
  })
})
