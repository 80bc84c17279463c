import { Flags } from '@oclif/core'
import { tableFlags } from '../../cli/base/flags.ts'
import { DlqCommand } from '../../cli/dead-letters/dlq-command.ts'
import { eventFilterFlags, placeFlags, reasonFilter } from '../../cli/dead-letters/dlq-flags.ts'
import { type Letter, type LetterStatus, OPEN, viewOfLetter } from '../../operations/dead-letters/letter.ts'
import { listLetters } from '../../operations/dead-letters/list-letters.ts'
import { formatLetterList } from '../../ui/dead-letters/format-letters.ts'
import { listDocument } from '../../ui/dead-letters/letter-document.ts'

const statuses = ['open', 'all', 'resolved', 'discarded'] as const
const statusesOf: Readonly<Record<(typeof statuses)[number], readonly LetterStatus[]>> = {
  open: OPEN,
  all: ['pending', 'processing', 'resolved', 'discarded'],
  resolved: ['resolved'],
  discarded: ['discarded'],
}

/** The letters that are shown without --limit. */
const DEFAULT_LIMIT = 20

export default class DlqList extends DlqCommand {
  static override summary = 'List dead letters by their reasons'
  static override document = 'dlq/list'
  static override description = [
    'Reads the dead letters of the event store (table failed_events) and of the topics whose names end with -dlq, -dead-letter(s) or .DLT. Headers of Spring for Apache Kafka, Spring Cloud Stream, Kafka Connect and Redpanda Connect tell where a record came from and why it failed.',
    'The first table counts the letters by reason, with … for numbers and ids. The second one has the letters that failed first, with the ids for "dlq show", "dlq retry", "dlq discard" and "dlq edit".',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> dlq list',
    '<%= config.bin %> dlq list --topic payment-dlq --reason declined --since @-1h',
    "<%= config.bin %> dlq list --status resolved --type 'Payment*'",
  ]
  static override flags = {
    ...placeFlags,
    status: Flags.option({ options: statuses })({
      description: 'Status of the letters: open (pending or processing), all, resolved or discarded (default: open)',
      helpGroup: 'FILTER',
      helpValue: 'STATUS',
    }),
    reason: reasonFilter,
    ...eventFilterFlags,
    limit: Flags.integer({
      description: `Show at most this many letters (default: ${DEFAULT_LIMIT})`,
      min: 0,
      helpGroup: 'TABLE',
      helpValue: 'NUMBER',
    }),
    ...tableFlags,
  }

  protected override readonly namesBus = false
  protected override readonly mayPrecedeBus = true

  async run() {
    const { flags } = await this.parse(DlqList)
    const selection = await this.selection(flags, { ids: undefined, statuses: statusesOf[flags.status ?? 'open'] })
    const viewOf = (letter: Letter) => viewOfLetter(letter, selection.reading)
    const { boxes } = await this.openPlaces(flags, { planOnly: true })
    const limit = flags.limit ?? DEFAULT_LIMIT
    const list = await listLetters(boxes, selection, limit)
    await this.noticeWhere()
    if (boxes.length === 0) await this.noticeNoPlaces(flags)
    else if (list.count === 0)
      await this.notice(`no ${flags.status === 'all' ? '' : `${flags.status ?? 'open'} `}dead letters`)
    else {
      const { timeZone, tableWidth: width } = this
      await this.print(formatLetterList(list, { timeZone, width, now: this.context.now(), viewOf }))
      if (list.letters.length < list.count && limit > 0)
        await this.notice(`the first ${list.letters.length} of ${list.count} letters; --limit ${list.count} shows all`)
    }
    return listDocument(list, viewOf)
  }
}
