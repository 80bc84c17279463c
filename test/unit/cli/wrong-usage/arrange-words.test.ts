import { describe, expect, test } from 'vitest'
import { arrangeWords } from '../../../../src/cli/wrong-usage/arrange-words.ts'

const arranged = (line: string): string => arrangeWords(line.split(' ')).join(' ')

describe('arrangeWords', () => {
  test.each([
    ['--profile prod lag', 'lag --profile prod'],
    ['--profile=prod lag', 'lag --profile=prod'],
    ['-b host:1 tail x', 'tail x -b host:1'],
    ['-bhost:1 tail x', 'tail x -bhost:1'],
    ['--json topics list', 'topics list --json'],
    ['-q -X a=b lag --group billing', 'lag -q -X a=b --group billing'],
    ['topics --json list', 'topics list --json'],
    ['-b host:1 reset --group billing --to start', 'reset -b host:1 --group billing --to start'],
    ['--no-tls --store store.db store init', 'store init --no-tls --store store.db'],
    ['--json help lag', 'help lag --json'],
    ['-X sasl.password SECRET lag', 'lag -X sasl.password SECRET'],
  ])('moves the global flags of "%s" behind the command', (line, expected) => {
    expect(arranged(line)).toBe(expected)
  })

  test.each([
    'tail order-events --from start --json',
    'tail -- --json',
    'topics list -X sasl.password SECRET',
    'topics list -Xsasl.password SECRET',
    'publish order-events - --type A.v1',
    '--from start tail',
    '--profiles prod lag',
    '-C -b host:1',
    '--help',
  ])('leaves "%s" unchanged', (line) => {
    expect(arranged(line)).toBe(line)
  })

  test('keeps a flag without its value at the end', () => {
    expect(arranged('lag --profile')).toBe('lag --profile')
  })

  test.each([
    ['topic list', 'topics list'],
    ['-q group members billing', 'groups members billing -q'],
    ['help topic', 'help topics'],
    ['check topic topic', 'check topic topic'],
  ])('reads "%s" as "%s"', (line, expected) => {
    expect(arranged(line)).toBe(expected)
  })
})
