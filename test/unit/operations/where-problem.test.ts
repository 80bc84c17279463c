import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { compileFilter } from '../../../src/operations/events/event-filter.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'

test.each([
  ['', 'expected a value, found the end at column 1'],
  ['data.', 'expected a field name, found the end at column 6'],
  ['data.a = 1', "expected an operator or the end, found '=' at column 8; write =="],
  ['data.a & true', "expected an operator or the end, found '&' at column 8; write &&"],
  ['data.a and data.b', "expected an operator or the end, found 'and' at column 8; write &&"],
  ['(data.a', 'expected ), found the end at column 8'],
  ['data.a ? 1', 'expected :, found the end at column 11'],
  ['data.a == "x', 'no closing quote for the string at column 11'],
  ['data.a ==\n "x', 'no closing quote for the string at line 2, column 2'],
  ['data.a == "\\q"', 'invalid escape in a string at column 12'],
  ['data.a == 0x', "'0x' is not a number at column 11"],
  ['for', "'for' is a reserved word at column 1"],
  ['offset + "a" == 1', '+ cannot be used with int and string: offset + "a"'],
  ['-event_type == 1', '- cannot be used with string: -event_type'],
  ['foo(1)', 'there is no function foo(int): foo(1)'],
  ['event_type.foo()', 'there is no function string.foo(): event_type.foo()'],
  ['data.a && 1', '&& and || need true or false, not int: data.a && 1'],
  ['offset ? true : false', 'the condition before ? must be true or false, not int: offset'],
  ['true ? 1 : "a"', '? needs results of one type, not int and string: true ? 1 : "a"'],
  ['offset.a', 'a value of type int has no fields and no index'],
  ['has(1)', 'invalid argument of has()'],
  [`${'('.repeat(500)}1${')'.repeat(500)}`, 'the expression is nested more than 250 levels deep'],
])('says in its own words why the expression %j is invalid', async (where, reason) => {
  const compiled = await compileFilter({ where })
  expect(compiled.ok || compiled.reason).toBe(reason)
})

test.each([
  ['data.a > 1', { a: 'x' }, '> cannot be used with string and int'],
  ['offset > data.a', { a: 'x' }, '> cannot be used with int and string'],
  ['data.a.b == 1', { a: 1 }, "there is no field 'b'"],
  ['data.a / 0 == 1', { a: 1 }, 'division by zero: data.a / 0'],
  ['data.a in data.a', { a: 1 }, 'in cannot be used with int and int: data.a in data.a'],
  ['int(data.a) == 1', { a: 'x' }, 'int() cannot convert the value: int(data.a)'],
  [
    'timestamp(data.a) > timestamp(0)',
    { a: 'x' },
    'timestamp() needs a time such as 2026-11-23T10:00:00Z: timestamp(data.a)',
  ],
  ['duration(data.a) > duration("1s")', { a: 'x' }, 'duration() needs a duration such as 1h30m: duration(data.a)'],
  ['data.a && true', { a: 1 }, '&& and || need true or false, not int'],
  ['data.a.matches("x")', { a: 1 }, 'there is no function int.matches(string): data.a.matches("x")'],
  ['data.a[5] == 1', { a: [1] }, 'the list has no item at this index: data.a[5]'],
  ['data.a.all(x, x > 1)', { a: 1 }, 'all, exists, filter and map need a list or map, not int'],
])('says in its own words why the expression %s fails for an event', async (where, data, reason) => {
  const compiled = await compileFilter({ where })
  if (!compiled.ok) throw new Error(compiled.reason)
  const encoded = encodeEnvelope(serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify(data))), 'bincode')
  const value = encoded.ok ? Buffer.from(encoded.bytes) : null
  const view = viewOf({ topic: 't', partition: 0, offset: 7n, timestamp: 0n, key: null, value, headers: [] })
  expect(compiled.filter?.(view)).toBe(false)
  expect(compiled.stats.firstError || compiled.stats.firstMissing).toBe(reason)
})
