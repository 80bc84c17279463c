import { describe, expect, test } from 'vitest'
import { hideArguments } from '../../../src/cli/process/hide-arguments.ts'

describe('hideArguments', () => {
  test.each([
    ['the value of a property without -X', ['topics', 'list', 'sasl.password=hunter2']],
    ['the value of a mistyped property', ['topics', 'list', 'sasl.pasword=hunter2']],
    ['a value after a space instead of =', ['topics', 'list', '-X', 'sasl.password', 'hunter2']],
    ['the value of an unknown property after a space', ['topics', 'list', '-X', 'nonsense', 'hunter2']],
    ['the value of an unknown flag', ['topics', 'list', '--sasl.password=hunter2']],
    ['the word after an unknown flag', ['topics', 'list', '--client-secret', 'hunter2']],
    ['a property with a colon', ['topics', 'list', 'sasl.password:hunter2']],
    ['the value beside -X', ['topics', 'list', '-Xssl.key.password=hunter2']],
    ['the password of an address', ['lst', 'SASL_SSL://user:hunter2@kafka:9092']],
    ['the user of an address', ['lst', 'hunter2@kafka:9092']],
  ])('hides %s', (_, argv) => {
    const message = `Unexpected argument: ${argv.join(' ')}`
    expect(hideArguments(message, argv)).not.toContain('hunter2')
    expect(hideArguments(message, argv)).toContain('***')
  })

  test.each([
    [['topics', 'lst']],
    [['tail', 'order-events', '-X', 'sasl.username=alice', 'more']],
    [['reset', '--to', '@-1h', '--group=billing']],
  ])('keeps the words of %j', (argv) => {
    const message = `Unexpected argument: ${argv.join(' ')}`
    expect(hideArguments(message, argv)).toBe(message)
  })
})
