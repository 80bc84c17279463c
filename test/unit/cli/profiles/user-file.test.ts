import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { parsePem, parseSecret } from '../../../../src/cli/config/security/secrets/secret.ts'
import { secretText } from '../../../../src/cli/profiles/profile-keys.ts'
import { removeProfile, setProfile } from '../../../../src/cli/profiles/user-file.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-user-file-'))
  path = join(folder, 'config.json')
  return () => rmSync(folder, { recursive: true })
})

const read = () => readFileSync(path, 'utf8')

describe('setProfile', () => {
  test('creates the file and its folder, readable by the user only', () => {
    path = join(folder, 'new/crbus/config.json')

    expect(setProfile(path, 'local', { brokers: 'a:1', store: undefined })).toBe('added')

    expect(JSON.parse(read())).toEqual({ profiles: { local: { brokers: 'a:1' } } })
    expect(read()).toMatch(/\n$/)
    expect([statSync(path).mode & 0o777, statSync(join(folder, 'new/crbus')).mode & 0o777]).toEqual([0o600, 0o700])
  })

  test('keeps order, indentation, line ends and the byte order mark of a file', () => {
    writeFileSync(
      path,
      '\ufeff{\r\n    "topics": {},\r\n    "profiles": { "z": { "brokers": "z:1" } },\r\n    "allow": { "env": ["A"] }\r\n}',
    )

    expect(setProfile(path, 'a', { brokers: 'a:1' })).toBe('added')

    expect(read()).toMatch(
      /^\ufeff\{\r\n {4}"topics": \{\},\r\n {4}"profiles"[\s\S]*"allow": \{ "env": \["A"\] \}\r\n\}$/,
    )
    expect(Object.keys(JSON.parse(read().slice(1)).profiles)).toEqual(['z', 'a'])
  })

  test('replaces a profile as a whole, and does not write an equal one', () => {
    writeFileSync(path, '{"profiles":{"a":{"brokers":"a:1","protected":true}}}', { mode: 0o640 })
    chmodSync(path, 0o640)

    expect(setProfile(path, 'a', { brokers: 'b:1' })).toBe('replaced')
    const { ino } = statSync(path)
    expect(setProfile(path, 'a', { brokers: 'b:1' })).toBe('unchanged')

    expect(JSON.parse(read())).toEqual({ profiles: { a: { brokers: 'b:1' } } })
    expect(statSync(path)).toMatchObject({ ino, mode: 0o100640 })
  })

  test('writes to the target of a link, and keeps the link', () => {
    writeFileSync(join(folder, 'dotfile.json'), '{}')
    symlinkSync(join(folder, 'dotfile.json'), path)
    setProfile(path, 'a', { brokers: 'a:1' })
    expect(readFileSync(join(folder, 'dotfile.json'), 'utf8')).toBe(read())
  })

  test.each([
    ['that is not JSON', '{ // comment\n}', /is not JSON/],
    ['that is not an object', '[]', /must be an object/],
    ['with an unknown key', '{"profil":"a"}', /is not a key that crbus knows/],
    ['with profiles that are a list', '{"profiles":[]}', /profiles must be an object/],
  ])('refuses a file %s, and leaves it as it is', (_, text, message) => {
    writeFileSync(path, text)
    expect(() => setProfile(path, 'a', { brokers: 'a:1' })).toThrow(message)
    expect(read()).toBe(text)
  })

  test('refuses a profile that crbus would not read, and writes nothing', () => {
    for (const [name, profile] of [
      ['a b', { brokers: 'a:1' }],
      ['__proto__', { brokers: 'a:1' }],
      ['a', { brokers: 'a:1', dataDir: '/x' }],
    ] as const) {
      expect(() => setProfile(path, name, profile)).toThrow(/config\.json: profiles/)
    }
    expect(() => read()).toThrow('ENOENT')
  })
})

test('removeProfile also removes the key that names the profile as the default', () => {
  writeFileSync(path, '{\n  "profile": "a",\n  "profiles": {\n    "a": {},\n    "b": {}\n  }\n}\n')

  expect(removeProfile(path, 'constructor')).toBe('unchanged')
  expect(removeProfile(path, 'a')).toBe('removed')

  expect(read()).toBe('{\n  "profiles": {\n    "b": {}\n  }\n}\n')
})

test.each([
  'env:NAME',
  'file:/run/secrets/kafka',
  'keyring:kafka/alice',
  'cmd:pass show kafka/prod',
  `cmd:op read "op://team/kafka prod" 'a"b' ""`,
  'plain:env:NAME',
  'plain:cmd:rm',
  'correct horse',
])('a secret is read back as it was written: %s', (text) => {
  const parsed = parseSecret(text, '/work')
  if ('problem' in parsed) throw new Error(parsed.problem)
  expect(parseSecret(secretText(parsed.secret, 'password'), '/other')).toEqual(parsed)
  const pem = parsePem(secretText({ kind: 'file', path: '/cmd:x/ca.pem' }, 'ca'), '/other')
  expect(pem).toEqual({ secret: { kind: 'file', path: '/cmd:x/ca.pem' } })
})
