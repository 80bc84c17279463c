import { Flags } from '@oclif/core'
import { changeFlags } from '../../cli/base/flags.ts'
import { DlqCommand } from '../../cli/dead-letters/dlq-command.ts'
import { allFlag, eventFilterFlags, idArgs, placeFlags } from '../../cli/dead-letters/dlq-flags.ts'
import { applyDiscard, planDiscard } from '../../operations/dead-letters/discard.ts'
import { formatDiscardPlan } from '../../ui/dead-letters/format-letters.ts'
import { plural } from '../../ui/text/listed.ts'

export default class DlqDiscard extends DlqCommand {
  static override summary = 'Mark dead letters as discarded, with a reason'
  static override document = 'dlq/discard'
  static override description =
    'The letters and their events are kept: "dlq list --status discarded" shows them, with the user who discarded them and the reason. There is no undo.'
  static override examples = [
    '<%= config.bin %> dlq discard 17 --reason "test data"',
    '<%= config.bin %> dlq discard --topic payment-dlq --since 2026-11-23 --reason "refunded by hand" --dry-run',
  ]
  static override strict = false
  static override usage = 'dlq discard [ID...] --reason TEXT'
  static override args = idArgs
  static override flags = {
    ...placeFlags,
    ...changeFlags,
    all: allFlag,
    reason: Flags.string({ description: 'Why the letters are discarded', required: true, helpValue: 'TEXT' }),
    ...eventFilterFlags,
  }

  async run() {
    const { argv, flags } = await this.parse(DlqDiscard)
    const { reason: why, ...filters } = flags
    return this.changeOpen({
      verb: 'discard',
      words: argv as string[],
      flags: filters,
      plan: planDiscard,
      name: (_, places) => this.nameOf(places),
      shown: (plan) => formatDiscardPlan(plan, this.tableWidth),
      question: ({ count }) => `Discard ${plural(count, 'dead letter')}?`,
      apply: (request, bus) => applyDiscard(bus, request, why),
      done: ({ discarded, alreadySent }) =>
        `discarded ${plural(discarded, 'dead letter')}${alreadySent === 0 ? '' : `; an interrupted retry had sent ${alreadySent} more, which are resolved`}`,
    })
  }
}
