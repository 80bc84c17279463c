import { Args, Flags } from '@oclif/core'
import { toDuration } from '../../cli/base/parse-flags.ts'
import { noSagas } from '../../cli/sagas/report-sagas.ts'
import { SagaListCommand, sagaListFlags } from '../../cli/sagas/saga-list-command.ts'
import { onSameBus } from '../../cli/same-bus.ts'
import { shellWord } from '../../cli/suggestions.ts'

export default class SagasStuck extends SagaListCommand {
  static override summary = 'List the conversations of sagas that are stuck or failed'
  static override document = 'sagas/list'
  static override description =
    'For cron and CI: the exit code is 10 if a conversation is stuck or failed, and 0 if none is. "crbus sagas list --help" says what the states mean; "crbus sagas show" shows what happened in a conversation.'
  static override strict = false
  static override usage = 'sagas stuck [SAGA]...'
  static override examples = [
    '<%= config.bin %> sagas stuck --for 5m',
    '<%= config.bin %> sagas stuck checkout --since 1d --json',
  ]
  static override args = {
    saga: Args.string({ description: 'Only these sagas; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = {
    ...sagaListFlags,
    for: Flags.string({
      description: 'Only conversations that have been stuck or failed for at least this long',
      helpValue: 'DURATION',
    }),
  }

  async run() {
    const { argv, flags } = await this.parse(SagasStuck)
    const grace = toDuration('--for', flags.for, '5m') ?? 0
    const { document, report, wanted } = await this.listInstances({
      flags,
      patterns: argv as string[],
      // The clock of the store may be ahead.
      isWanted: ({ state, since }, now) =>
        (state === 'stuck' || state === 'failed') && Math.max(0, now - since) >= grace,
      none: 'no conversation is stuck or failed',
    })
    // Without a description nothing is checked, which a scheduled check must not take for success.
    if (report.sagas.length === 0) throw noSagas()
    const [first] = wanted
    if (first !== undefined) {
      this.foundSomething()
      await this.notice(`  try: ${onSameBus(`crbus sagas show ${shellWord(first.correlationId)}`, this.given)}`)
    }
    return document
  }
}
