import { describe, expect, test } from 'vitest'
import { formatCompletion, typedWords } from '../../../../src/cli/completion/shell-words.ts'

const completion = (values: readonly string[], more = {}) => ({
  prefix: '',
  typed: '',
  kind: undefined,
  candidates: values.map((value) => ({ value, description: 'Show it; and more' })),
  ...more,
})

describe('typedWords', () => {
  test.each([
    [
      ['lag', '--group', '=', 'bil'],
      ['lag', '--group=bil'],
    ],
    [
      ['lag', '--group', '='],
      ['lag', '--group='],
    ],
    [
      ['tail', 'order-events', ':', '0'],
      ['tail', 'order-events:0'],
    ],
    [
      ['tail', '"order-ev', ''],
      ['tail', 'order-ev', ''],
    ],
    [
      ['groups', 'describe', 'my\\ gr'],
      ['groups', 'describe', 'my gr'],
    ],
  ])('joins what bash has broken: %s', (given, words) => {
    expect(typedWords('bash', given)).toEqual(words)
    expect(typedWords('zsh', given)).toEqual(given)
  })
})

describe('formatCompletion', () => {
  test('prints values with the first part of their descriptions, and without them for bash', () => {
    expect(formatCompletion('zsh', completion(['a']), '')).toBe('a\tShow it\n')
    expect(formatCompletion('fish', completion(['a'], { prefix: '--group=' }), '')).toBe('--group=a\tShow it\n')
    expect(formatCompletion('bash', completion(['a']), '')).toBe('a\n')
  })

  test('prints for bash only the part behind the last = or :', () => {
    expect(formatCompletion('bash', completion(['a:b'], { prefix: '--group=', typed: 'a:' }), 'b')).toBe('b\n')
    expect(formatCompletion('bash', completion(['a:b'], { typed: '' }), '')).toBe('a:b\n')
  })

  test('escapes names for bash, so that accepting one cannot run a program', () => {
    const hostile = ['$(rm -rf ~)', '`id`', 'a;b', "it's", 'a b', '~x', '*']
    expect(formatCompletion('bash', completion(hostile), '').split('\n').slice(0, -1)).toEqual([
      '\\$\\(rm\\ -rf\\ \\~\\)',
      '\\`id\\`',
      'a\\;b',
      "it\\'s",
      'a\\ b',
      '\\~x',
      '\\*',
    ])
    expect(formatCompletion('bash', completion(hostile), '"$')).toBe('')
  })

  test('leaves out names with control characters, which would break the lines or the terminal', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      expect(formatCompletion(shell, completion(['a\nb', 'a\tb', '\u001b[2J', '\u202eb']), '')).toBe('')
    }
  })

  test('asks the shell for files', () => {
    expect(formatCompletion('fish', completion([], { kind: 'file' }), '')).toBe(':files\n')
  })

  test('prints at most 500 candidates', () => {
    const many = Array.from({ length: 600 }, (_, n) => `topic-${n}`)
    expect(formatCompletion('zsh', completion(many), '').split('\n')).toHaveLength(501)
  })
})
