import { expect, test } from 'vitest'
import { containsSecret } from '../../../src/drivers/contains-secret.ts'

const SECRET = 'Tr0ub4dor&3"é'

test.each([
  ['as it is', `wrong password ${SECRET}!`, SECRET],
  ['in other letter case', `WRONG ${SECRET.toUpperCase()}`, SECRET],
  ['percent-encoded', `password=${encodeURIComponent(SECRET)}`, SECRET],
  ['in base64', `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`, SECRET],
  ['in base64 of the URL alphabet', Buffer.from(`?>${SECRET}`).toString('base64url'), SECRET],
  ['percent-encoded in base64', `Basic ${Buffer.from(`me:${encodeURIComponent(SECRET)}`).toString('base64')}`, SECRET],
  ['escaped as JSON', `{"password":${JSON.stringify(SECRET)}}`, SECRET],
  ['without the line break at its end', 'got hunter2', 'hunter2\n'],
  ['one line of it', 'got second', 'first\nsecond\n'],
])('containsSecret finds a secret %s', (_, text, secret) => {
  expect(containsSecret(text, [undefined, secret])).toBe(true)
})

test.each([
  ['another text', 'Invalid username or password', SECRET],
  ['a short line of the secret', 'no', 'no\nhunter2'],
  ['words that decode as base64 to a short secret', 'The broker does not support the requested SASL mechanism', 'x'],
  ['an empty secret', 'text', ''],
  ['a text with an invalid percent sign', '100 %zz', SECRET],
])('containsSecret does not find a secret in %s', (_, text, secret) => {
  expect(containsSecret(text, [secret])).toBe(false)
})
