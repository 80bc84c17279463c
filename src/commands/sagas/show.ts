import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { readFlags, storeFlags, tableFlags, timeFlags } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { howToDescribe, openStoreOf, readDescriptions } from '../../cli/sagas/describe-sagas.ts'
import { descriptionsFlag } from '../../cli/sagas/saga-flags.ts'
import { flag, run, shellWord } from '../../cli/suggestions.ts'
import type { SagaFile } from '../../operations/sagas/definition.ts'
import { readTimeline, type SagaTimeline } from '../../operations/sagas/timeline.ts'
import { formatTimeline, timelineDocument } from '../../ui/sagas/format-timeline.ts'
import { sagaNoteText } from '../../ui/sagas/saga-words.ts'
import { ScanProgress } from '../../ui/trace/scan-progress.ts'

export default class SagasShow extends BaseCommand {
  static override summary = 'Show what happened in one conversation of a saga'
  static override document = 'sagas/show'
  static override description =
    'Prints the state of the conversation, then each event that the saga reacted to, with the messages that it sent because of the event (→). The events are those of its stream in the event store; without a stream, those of the topics.'
  static override examples = [
    '<%= config.bin %> sagas show checkout-42',
    '<%= config.bin %> sagas show checkout-42 --saga checkout --json',
  ]
  static override args = {
    id: Args.string({ description: 'Correlation id of the conversation', required: true, ignoreStdin: true }),
  }
  static override flags = {
    ...readFlags,
    store: storeFlags.store,
    ...timeFlags,
    ...tableFlags,
    saga: Flags.string({ description: 'Saga of the conversation (default: the one that has it)', helpValue: 'SAGA' }),
    descriptions: descriptionsFlag,
  }

  async run() {
    const { args, flags } = await this.parse(SagasShow)
    const patterns = flags.saga === undefined ? [] : [flags.saga]
    const files = await readDescriptions(this.context.cwd, flags.descriptions, patterns)
    if (files.length === 0) {
      throw new UsageError('no saga is described here: there is no folder "sagas" with descriptions', howToDescribe())
    }
    const timeline = await this.#find(files, args.id)
    const { color } = this.context.io
    await this.print(formatTimeline(timeline, { timeZone: this.timeZone, width: this.tableWidth, color }))
    for (const note of timeline.notes) await this.notice(`note: ${sagaNoteText(note)}`)
    return timelineDocument(timeline)
  }

  /** Reads the conversation of the only saga that has it. */
  async #find(files: readonly SagaFile[], correlationId: string): Promise<SagaTimeline> {
    const bus = await this.openBus()
    await using store = await openStoreOf(await this.configuration(), this.context, {
      isNamed: this.given.store !== undefined,
      onMissing: (notice) => void this.notice(notice),
    })
    const progress = new ScanProgress(this.context.io, this.signal)
    const found: SagaTimeline[] = []
    const now = this.context.now()
    const onProgress = (read: number, total: number | undefined) => {
      if (!this.isQuiet) progress.update(read, total ?? read)
    }
    try {
      for (const file of files) {
        const timeline = await readTimeline(bus, file, { correlationId, store, now, signal: this.signal, onProgress })
        if (timeline !== undefined) found.push(timeline)
      }
    } finally {
      progress.end()
    }
    const [timeline, ...more] = found
    if (timeline !== undefined && more.length === 0) return timeline
    const names = files.map(({ definition }) => definition.saga)
    if (timeline === undefined) {
      throw new UsageError(`no conversation '${correlationId}' of ${names.join(', ')}`, [
        run(`crbus sagas list ${shellWord(names[0] as string)}`, 'lists the conversations'),
      ])
    }
    throw new UsageError(
      `several sagas have the conversation '${correlationId}': ${found.map(({ saga }) => saga).join(', ')}`,
      found.map(({ saga }) => flag(`--saga ${shellWord(saga)}`)),
    )
  }
}
