import { expect, test } from 'vitest'
import { parseStore, shownStore } from '../../../src/cli/config/store-address.ts'

test('parseStore reads a Postgres URL or a path', () => {
  expect(parseStore('postgres://crbus@db/events', '/project')).toEqual({
    kind: 'postgres',
    url: 'postgres://crbus@db/events',
  })
  expect(parseStore('postgresql://db/events', '/project')).toMatchObject({ kind: 'postgres' })
  expect(parseStore('data/events.db', '/project')).toEqual({ kind: 'sqlite', path: '/project/data/events.db' })
  expect(parseStore('/data/events.db', '/project')).toEqual({ kind: 'sqlite', path: '/data/events.db' })
})

test.each([
  '',
  'mysql://u:hunter2@db/x',
  'host=db password=hunter2',
  'postgres://u:1/hunter2@db/x',
  'postgres://[',
  ' ',
])('parseStore refuses %j', (text) => {
  expect(parseStore(text, '/project')).toBeUndefined()
})

test.each([
  ['postgres://u:hunter2@db:5432/x', 'postgres://u:***@db:5432/x'],
  ['postgres://u:hunter%402@db/x?sslmode=require', 'postgres://u:***@db/x?sslmode=require'],
  ['postgres://u:hunter2@hunter2@db/x', 'postgres://u:***@db/x'],
  [
    'postgres://db/x?user=u&password=hunter2&sslpassword=hunter2',
    'postgres://db/x?user=u&password=***&sslpassword=***',
  ],
  ['postgres://u@db/x', 'postgres://u@db/x'],
])('shownStore hides the password of %s', (url, shown) => {
  const address = parseStore(url, '/')
  expect(address && shownStore(address)).toBe(shown)
})
