import { describe, expect, test } from 'vitest'
import { formatSuggestion } from '../../../../src/cli/suggestions.ts'
import { unknownCommand } from '../../../../src/cli/wrong-usage/unknown-command.ts'
import { commandFiles } from '../../../support/command-files.ts'

const commands = [...commandFiles(':').keys()]

/** The suggestions for words that are not a command, without those of the help. */
function suggested(line: string): string[] {
  const words = line.split(' ')
  const { suggestions } = unknownCommand(words, words, commands)
  return suggestions.map(formatSuggestion).filter((text) => !text.endsWith('--help'))
}

describe('unknownCommand', () => {
  test.each([
    ['tpoics list', ['topics list']],
    ['topics lst', ['topics list']],
    ['groups memebrs billing', ['groups members billing']],
    ['topcis describe order-events', ['topics describe order-events']],
    ['tial order-events', ['tail order-events']],
    ['doctor conection', ['doctor connection']],
    ['reset aply plan.json', ['reset apply plan.json']],
    ['config alow', ['config allow']],
    ['describe order-events', ['topics describe order-events', 'groups describe order-events']],
    ['list', ['topics list', 'groups list']],
    ['get topics', ['topics list']],
    ['get topic order-events', ['topics describe order-events']],
    ['get groups', ['groups list']],
    ['create topic order-events', ['topics create order-events']],
    ['delete topic order-events', ['topics delete order-events']],
    ['rm group billing', ['groups delete billing']],
    ['topics ls', ['topics list']],
    ['topics rm order-events', ['topics delete order-events']],
    ['groups show billing', ['groups describe billing']],
    ['profiles ls', ['profile list']],
    ['consumer-groups', ['groups list', 'lag']],
    ['reset-offsets billing', ['reset --group billing --topic order-events --to start --dry-run']],
    ['metrics billing', ['metrics --group billing']],
    ['reset billing', ['reset --group billing --topic order-events --to start --dry-run']],
    ['doctor slow billing', ['doctor slow --group billing']],
    ['delete topic a;b', ["topics delete 'a;b'"]],
    ['xyzzy', []],
  ])('suggests the right commands for "crbus %s"', (line, expected) => {
    expect(suggested(line)).toEqual(expected.map((command) => `crbus ${command}`))
  })

  test('repeats no secret of the command line', () => {
    const { message, suggestions } = unknownCommand(
      ['tial', 'sasl.password=hunter2'],
      ['sasl.password=hunter2'],
      commands,
    )
    expect(`${message} ${suggestions.map(formatSuggestion).join(' ')}`).not.toContain('hunter2')
  })
})
