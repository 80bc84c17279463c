import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { loadOptionalPackage } from '../../../src/cli/config/security/optional-package.ts'
import { outputOf } from '../../../src/cli/config/security/secrets/command-secret.ts'
import { readSecret } from '../../../src/cli/config/security/secrets/read-secret.ts'
import { parseSecret } from '../../../src/cli/config/security/secrets/secret.ts'
import { UsageError } from '../../../src/cli/errors.ts'
import { formatSuggestion } from '../../../src/cli/suggestions.ts'

const SECRET = 'hunter2'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-secret-'))
  return () => rmSync(folder, { recursive: true })
})

function read(text: string, env: Record<string, string> = {}): Promise<string> {
  const parsed = parseSecret(text, folder)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return readSecret(parsed.secret, 'the password', { PATH: process.env.PATH ?? '', ...env })
}

/** Returns the message of a failure and its suggestions. */
async function failure(work: Promise<unknown>): Promise<string[]> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return [error.message, ...error.suggestions.map(formatSuggestion)].map((line) => line.replaceAll(folder, ''))
  }
  throw new Error('the secret was read')
}

const file = (name: string, content: string, mode = 0o600) => writeFileSync(join(folder, name), content, { mode })

describe('a secret', () => {
  test.each([
    ['a variable', 'env:KAFKA_PASSWORD'],
    ['a file, without its line end', 'file:password'],
    ['a program, without its line end', 'cmd:cat password'],
    ['the text itself', `plain:${SECRET}`],
  ])('is read from %s', async (_, text) => {
    file('password', `${SECRET}\n`)
    const absolute = text.replace('cat password', `cat ${join(folder, 'password')}`)
    expect(await read(absolute, { KAFKA_PASSWORD: SECRET })).toBe(SECRET)
  })

  test('in a variable that is not set has the command that sets it, and similar variables without their values', async () => {
    const env = { KAFKA_PASSWD: SECRET, HOME: '/home/me', KAFKA_PASSWORDS: '' }
    const said = await failure(read('env:KAFKA_PASSWORD', env))
    expect(said).toEqual([
      'the password cannot be read: the environment variable KAFKA_PASSWORD is not set',
      'export KAFKA_PASSWORD=… (sets it for the commands of this shell)',
      'similar variables that are set: KAFKA_PASSWD',
    ])
    expect(said.join()).not.toContain(SECRET)
    expect(await failure(read('env:KAFKA_PASSWORDS', env))).toEqual([
      'the password cannot be read: the environment variable KAFKA_PASSWORDS is empty',
      expect.stringContaining('export KAFKA_PASSWORDS=…'),
      'similar variables that are set: KAFKA_PASSWD',
    ])
  })

  const correct = 'correct the path; "crbus config" shows where the setting comes from'
  test.each<[string, string, string]>([
    ['does not exist', 'missing', '/missing does not exist'],
    ['is in a folder that does not exist', 'no/missing', '/no/missing does not exist'],
    ['is empty', 'empty', '/empty is empty'],
    ['is a folder', '.', ': it is a folder'],
    ['is too large', 'large', '/large is larger than 1 MiB'],
  ])('in a file that %s has the next step', async (_, name, reason) => {
    file('empty', '\n')
    file('large', 'x'.repeat(1024 * 1024 + 1))
    expect(await failure(read(`file:${name}`))).toEqual([`the password cannot be read: ${reason}`, correct])
  })

  test('in a file that may not be read shows how to see who may', () => {
    chmodSync(folder, 0o755)
    file('closed', SECRET, 0o000)
    // Runs as another user, because root may read every file.
    const script = `
      const { readBytes } = await import('${new URL('../../../src/cli/config/security/secrets/file-secret.ts', import.meta.url)}')
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534) }
      try { readBytes(process.argv[1], 'the password') } catch (error) {
        console.log(JSON.stringify([error.message, ...error.suggestions]))
      }`
    const path = join(folder, 'closed')
    const options = ['--no-warnings', '--input-type=module', '--eval', script, path]
    expect(JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }))).toEqual([
      `the password cannot be read: ${path}: permission denied`,
      { run: `ls -l ${path}`, note: 'shows who may read it' },
      { hint: correct },
    ])
  })

  const runs = (program: string) => `check that '${program}' prints it when you run the command yourself`
  test.each<[string, string, string, string[]]>([
    [
      'does not exist',
      'no-such-program-of-crbus',
      "there is no program 'no-such-program-of-crbus'",
      [
        "install 'no-such-program-of-crbus', or write its path; crbus searches the folders of PATH, and does not expand ~",
      ],
    ],
    ['fails', `sh -c 'echo ${SECRET}; exit 3'`, "'sh' ended with exit code 3", [runs('sh')]],
    ['is killed', `sh -c 'kill -9 $$'`, "SIGKILL ended 'sh'", [runs('sh')]],
    ['prints nothing', 'true', "'true' printed nothing", [runs('true')]],
    ['prints only a line end', 'echo', "'echo' printed nothing", [runs('echo')]],
    [
      'prints too much',
      'head -c 2000000 /dev/zero',
      "'head' printed more than 1 MiB",
      ['let it print the secret and nothing else'],
    ],
    [
      'is followed by words for a shell',
      'true | head',
      "'true' printed nothing",
      [runs('true'), `no shell interprets the command; for pipes and variables, write: "cmd:sh -c '…'"`],
    ],
  ])('of a program that %s has the next step', async (_, command, reason, next) => {
    const said = await failure(read(`cmd:${command}`))
    expect(said).toEqual([`the password cannot be read: ${reason}`, ...next])
    expect(said.join()).not.toContain(SECRET)
  })

  test('of a program that is not executable has the command that makes it so', async () => {
    file('tool.sh', '#!/bin/sh\n')
    chmodSync(join(folder, 'tool.sh'), 0o600)
    expect(await failure(read(`cmd:${join(folder, 'tool.sh')}`))).toEqual([
      "the password cannot be read: '/tool.sh' is not executable",
      'chmod +x /tool.sh',
    ])
  })

  test('of a program that waits for an answer ends with the time limit', async () => {
    expect(await failure(outputOf(['sleep', '60'], 'the password', { PATH: process.env.PATH ?? '' }, 50))).toEqual([
      "the password cannot be read: 'sleep' did not end within 0.05 s",
      'unlock the password manager first, or use a program that ends without an answer',
    ])
  })

  test('of the keyring names the package that is not installed', async () => {
    expect(await failure(read('keyring:kafka/alice'))).toEqual([
      'the password cannot be read: the keyring needs the package @napi-rs/keyring',
      'npm install --global @napi-rs/keyring (if crbus is installed globally; otherwise, without --global in its project)',
    ])
  })
})

test('an optional package that is installed and cannot be loaded is reported with the reason', async () => {
  file('broken.mjs', "import 'no-such-dependency-of-crbus'\n")
  expect(await failure(loadOptionalPackage(join(folder, 'broken.mjs'), 'the keyring'))).toEqual([
    expect.stringMatching(
      /^the keyring cannot load the package \/broken\.mjs: Cannot find package 'no-such-dependency/,
    ),
    expect.stringContaining('npm install --global'),
  ])
})
