import { Args, Flags } from '@oclif/core'
import { howToDescribe } from '../../cli/sagas/describe-sagas.ts'
import { SagaListCommand, sagaListFlags } from '../../cli/sagas/saga-list-command.ts'
import { type SagaState, sagaStates } from '../../operations/sagas/conversation.ts'
import { stateMeanings } from '../../ui/sagas/saga-words.ts'

export default class SagasList extends SagaListCommand {
  static override summary = 'List the conversations of sagas and their states'
  static override document = 'sagas/list'
  static override description = [
    'Judges each conversation by the description of its saga, sagas/NAME.json, which "crbus new saga" and "crbus sagas describe" write. The conversations are those of the streams NAME-saga-… in the event store, if there are any, with their outcomes from the topics; else those of the topics alone.',
    Object.entries(stateMeanings)
      .map(([state, meaning]) => `  ${state.padEnd(12)} ${meaning}`)
      .join('\n'),
    'A table of all conversations by state comes first. AGE is the time since the state began. An expectation is met if one of its events occurs in the conversation at any time.',
  ].join('\n\n')
  static override strict = false
  static override usage = 'sagas list [SAGA]...'
  static override examples = [
    '<%= config.bin %> sagas list',
    '<%= config.bin %> sagas list checkout --state running --since 1h --sort age:desc',
    '<%= config.bin %> sagas list --limit 20 --json',
  ]
  static override args = {
    saga: Args.string({ description: 'Only these sagas; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = {
    ...sagaListFlags,
    state: Flags.option({ options: sagaStates, multiple: true, multipleNonGreedy: true })({
      description: 'Only conversations in this state; repeatable',
      helpValue: 'STATE',
    }),
  }

  async run() {
    const { argv, flags } = await this.parse(SagasList)
    const states = new Set<SagaState>(flags.state ?? sagaStates)
    const { document, report } = await this.listInstances({
      flags,
      patterns: argv as string[],
      isWanted: ({ state }) => states.has(state),
      none: flags.state === undefined ? 'no conversations yet' : `no conversation is ${[...states].join(' or ')}`,
    })
    if (report.sagas.length === 0) {
      await this.notice(
        'no saga is described here: there is no folder "sagas" with descriptions here, above, or beside the embedded bus',
      )
      for (const suggestion of howToDescribe()) {
        if ('run' in suggestion) await this.notice(`  try: ${suggestion.run}  # ${suggestion.note}`)
      }
    }
    return document
  }
}
