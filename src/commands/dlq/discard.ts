import { Args, Flags } from '@oclif/core'
import { changeFlags } from '../../cli/base/flags.ts'
import { DlqCommand, refuseUnclear } from '../../cli/dead-letters/dlq-command.ts'
import { allFlag, eventFilterFlags, placeFlags } from '../../cli/dead-letters/dlq-flags.ts'
import { applyDiscard, planDiscard } from '../../operations/dead-letters/discard.ts'
import { OPEN } from '../../operations/dead-letters/letter.ts'
import { formatDiscardPlan } from '../../ui/dead-letters/format-letters.ts'
import { planDocument, skipDocument } from '../../ui/dead-letters/letter-document.ts'
import { skipText } from '../../ui/dead-letters/letter-words.ts'
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
  static override args = {
    id: Args.string({ description: 'Ids of the letters, as "crbus dlq list" shows them', ignoreStdin: true }),
  }
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
    const words = argv as string[]
    refuseUnclear('discard', words, filters)
    const ids = words.length === 0 ? undefined : this.toIds(words)
    const selection = await this.selection(filters, { ids, statuses: OPEN })
    const places = await this.openPlaces(flags, ids === undefined ? {} : { ids })
    const { bus, boxes } = places
    const request = { boxes, selection, operator: this.operator, now: this.context.now }
    const plan = await planDiscard(request)
    await this.noticeWhere()
    this.refuseMissing(plan.missing, places)
    if (boxes.length === 0) await this.noticeNoPlaces(flags)
    else if (plan.count === 0 && plan.skipped.length === 0) await this.notice('no open dead letters')
    return this.carryOut({
      plan: planDocument(plan),
      name: this.nameOf(places),
      shown: formatDiscardPlan(plan, this.tableWidth),
      isNothing: plan.count === 0,
      question: `Discard ${plural(plan.count, 'dead letter')}?`,
      apply: async () => {
        const done = await applyDiscard(bus, request, why)
        for (const skip of done.skippedMeanwhile) await this.notice(`note: ${skipText(skip)}`)
        return { ...done, skippedMeanwhile: skipDocument(done.skippedMeanwhile) }
      },
      done: ({ discarded, alreadySent }) =>
        `discarded ${plural(discarded, 'dead letter')}${alreadySent === 0 ? '' : `; an interrupted retry had sent ${alreadySent} more, which are resolved`}`,
    })
  }
}
