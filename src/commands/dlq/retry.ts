import { Flags } from '@oclif/core'
import { changeFlags } from '../../cli/base/flags.ts'
import { DlqCommand } from '../../cli/dead-letters/dlq-command.ts'
import { allFlag, eventFilterFlags, idArgs, placeFlags, reasonFilter } from '../../cli/dead-letters/dlq-flags.ts'
import type { DiscardRequest } from '../../operations/dead-letters/discard.ts'
import { applyRetry, planRetry, type Retried, type RetryRequest } from '../../operations/dead-letters/sending/retry.ts'
import { formatRetryPlan, retryQuestion } from '../../ui/dead-letters/format-letters.ts'
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
  static override args = idArgs
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
    const { to, rate, 'max-retries': maxRetries = DEFAULT_MAX_RETRIES } = flags
    const whole = async (request: DiscardRequest): Promise<RetryRequest> => {
      return { ...request, envelopeOf: await this.envelopes(), to, maxRetries }
    }
    return this.changeOpen({
      verb: 'retry',
      words: argv as string[],
      flags,
      plan: async (request, bus) => planRetry(bus, await whole(request)),
      name: ({ topics }) => topics.map(({ topic }) => topic).join(','),
      shown: (plan) => formatRetryPlan(plan, this.tableWidth),
      question: retryQuestion,
      apply: async (request, bus) => applyRetry(bus, { ...(await whole(request)), rate }),
      done: retriedText,
    })
  }
}

const retriedText = ({ retried, alreadySent }: Pick<Retried, 'retried' | 'alreadySent'>): string =>
  `sent ${plural(retried, 'dead letter')}${alreadySent === 0 ? '' : `; an interrupted retry had sent ${alreadySent} more`}`
