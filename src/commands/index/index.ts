import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { readFlags, schemaFlag, timeFlags } from '../../cli/base/flags.ts'
import { codecsOf } from '../../cli/config/topic-format.ts'
import { UsageError } from '../../cli/errors.ts'
import { eventIndexPath } from '../../cli/event-index.ts'
import { flag } from '../../cli/suggestions.ts'
import { fieldReader, payloadPath } from '../../operations/event-index/field-paths.ts'
import { type IndexNotice, updateIndex } from '../../operations/event-index/update-index.ts'
import { openSchemas } from '../../operations/schemas/open.ts'
import { formatUpdated, indexNoticeText } from '../../ui/event-index/format-index.ts'
import { formatOutage } from '../../ui/format-outage.ts'
import { ProgressLine } from '../../ui/records/progress-line.ts'

export default class Index extends BaseCommand {
  static override summary = 'Index the events of topics, to find them by correlation id'
  static override document = 'index'
  static override description = [
    'Reads what the topics have gained since the last time, by default all topics, and adds it to a local SQLite file: event type, record key, time, and the correlation, causation and message ids. "crbus tail --correlation-id" then reads only the events that it shows. It verifies each event, and reads the end of the topics that is not indexed yet.',
    'Ctrl-C keeps what is indexed, and the next run continues there. Several processes may index one bus. Nothing changes on the bus.',
  ].join('\n\n')
  static override strict = false
  static override usage = 'index [TOPIC...]'
  static override examples = [
    '<%= config.bin %> index',
    "<%= config.bin %> index 'order-*' --follow",
    '<%= config.bin %> index --field data.order_id',
  ]
  static override args = {
    topic: Args.string({ description: 'Topics to index; * and ? are wildcards (default: all)', ignoreStdin: true }),
  }
  static override flags = {
    ...readFlags,
    ...timeFlags,
    field: Flags.string({
      description:
        'Payload field to index as well, such as data.order_id; repeatable; a new field reads all topics again',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FIELD',
    }),
    follow: Flags.boolean({ description: 'Index new events until Ctrl-C' }),
    schema: schemaFlag,
  }

  async run() {
    const { argv, flags } = await this.parse(Index)
    const fields = [...new Set(flags.field ?? [])]
    for (const field of fields) checkField(field)
    const reading = {
      schemas: await openSchemas(await this.schemaLocation(), flags.schema),
      topics: flags.schema === undefined ? codecsOf(await this.configuration()) : undefined,
    }
    const bus = await this.openBus()
    const { io, now, stop } = this.context
    let share = 0
    const progress = new ProgressLine(io, () => share, stop.readerLeft, { verb: 'indexed', sharesTerminal: false })
    const notice = (text: string) => {
      progress.clear()
      void this.notice(text)
    }
    const updated = await updateIndex(bus, {
      path: await eventIndexPath(bus, this.context),
      topics: argv as string[],
      fields,
      fieldReader: (paths) => fieldReader(paths, reading),
      follow: flags.follow && !this.isJson,
      signal: this.signal,
      onNotice: (one: IndexNotice) => notice(indexNoticeText(one, this.timeZone)),
      onOutage: (outage) => notice(formatOutage(outage, now(), this.timeZone)),
      onProgress: (done, total) => {
        share = total === 0 ? 1 : Math.min(1, done / total)
        if (!this.isQuiet) progress.update(done)
      },
    })
    progress.clear()
    await this.print(formatUpdated(updated, this.tableWidth))
    return updated
  }
}

function checkField(field: string): void {
  if (payloadPath(field) !== undefined) return
  throw new UsageError(`--field ${field} is not a field of the payload, such as data.order_id`, [
    flag(`--field ${field.includes('.') ? 'data.order_id' : `data.${field}`}`),
  ])
}
