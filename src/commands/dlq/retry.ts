import { Args, Flags } from '@oclif/core'
import { changeFlags } from '../../cli/base/flags.ts'
import { DlqCommand, refuseUnclear } from '../../cli/dead-letters/dlq-command.ts'
import { allFlag, eventFilterFlags, placeFlags, reasonFilter } from '../../cli/dead-letters/dlq-flags.ts'
import { OPEN } from '../../operations/dead-letters/letter.ts'
import { applyRetry, planRetry, type Retried } from '../../operations/dead-letters/sending/retry.ts'
import { formatRetryPlan, retryQuestion } from '../../ui/dead-letters/format-letters.ts'
import { planDocument, skipDocument } from '../../ui/dead-letters/letter-document.ts'
import { skipText } from '../../ui/dead-letters/letter-words.ts'
import { plural } from '../../ui/text/listed.ts'

/** How often a letter is retried without --max-retries. */
const DEFAULT_MAX_RETRIES = 3

export default class DlqRetry extends DlqCommand {
  static override summary = 'Send dead letters back to the topics that they came from'
  static override document = 'dlq/retry'
  static override description = [
    'Sends each event with the key, the headers and the bytes that it had, to the partition that it came from. Its message id is the same, so services that have handled it already ignore it. Headers say what was done: crbus-retried-from has the id of the letter, and crbus-retries the number of retries. A letter that was retried --max-retries times is skipped.',
    'A letter is claimed before it is sent, and marked as resolved afterwards. After an interruption, the next retry reads the topic to find out which of the claimed letters were sent, so that none is lost or sent twice; several users may retry at the same time. The status of a letter of the event store is in its row. For letters in topics, it is in the topic crbus-resolutions, which this command creates.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> dlq retry 17',
    "<%= config.bin %> dlq retry 'payment-dlq[0]@12' --to payment-events",
    '<%= config.bin %> dlq retry --reason "time-out" --since @-1h --rate 50',
    '<%= config.bin %> dlq retry --all --dry-run',
  ]
  static override strict = false
  static override usage = 'dlq retry [ID...] [--all]'
  static override args = {
    id: Args.string({ description: 'Ids of the letters, as "crbus dlq list" shows them', ignoreStdin: true }),
  }
  static override flags = {
    ...placeFlags,
    ...changeFlags,
    all: allFlag,
    reason: reasonFilter,
    ...eventFilterFlags,
    to: Flags.string({
      description: 'Send to this topic (default: the topic that a letter came from)',
      helpValue: 'TOPIC',
    }),
    rate: Flags.integer({ description: 'Maximum number of letters per second', min: 1, helpValue: 'NUMBER' }),
    'max-retries': Flags.integer({
      description: `Skip letters that were retried this often (default: ${DEFAULT_MAX_RETRIES})`,
      min: 1,
      helpValue: 'NUMBER',
    }),
  }

  async run() {
    const { argv, flags } = await this.parse(DlqRetry)
    const words = argv as string[]
    refuseUnclear('retry', words, flags)
    const ids = words.length === 0 ? undefined : this.toIds(words)
    const selection = await this.selection(flags, { ids, statuses: OPEN })
    const places = await this.openPlaces(flags, ids === undefined ? {} : { ids })
    const { bus, boxes } = places
    const { to, rate, 'max-retries': maxRetries = DEFAULT_MAX_RETRIES } = flags
    const envelopeOf = await this.envelopes()
    const request = { boxes, selection, operator: this.operator, now: this.context.now, envelopeOf, to, maxRetries }
    const plan = await planRetry(bus, request)
    await this.noticeWhere()
    this.refuseMissing(plan.missing, places)
    if (boxes.length === 0) await this.noticeNoPlaces(flags)
    else if (plan.count === 0 && plan.skipped.length === 0) await this.notice('no open dead letters')
    return this.carryOut({
      plan: planDocument(plan),
      name: plan.topics.map(({ topic }) => topic).join(','),
      shown: formatRetryPlan(plan, this.tableWidth),
      isNothing: plan.count === 0,
      question: retryQuestion(plan),
      apply: async () => {
        const done = await applyRetry(bus, { ...request, rate })
        for (const skip of done.skippedMeanwhile) await this.notice(`note: ${skipText(skip)}`)
        for (const { id, reason } of done.refused) await this.notice(`${id} was refused and stays open: ${reason}`)
        return { ...done, skippedMeanwhile: skipDocument(done.skippedMeanwhile) }
      },
      done: retriedText,
    })
  }
}

const retriedText = ({ retried, alreadySent }: Pick<Retried, 'retried' | 'alreadySent'>): string =>
  `sent ${plural(retried, 'dead letter')}${alreadySent === 0 ? '' : `; an interrupted retry had sent ${alreadySent} more`}`
