import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { readFlags, storeFlags, tableFlags, timeFlags } from '../../cli/base/flags.ts'
import { toDelay } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { eventIndexPath } from '../../cli/event-index.ts'
import { openStoreOf } from '../../cli/sagas/describe-sagas.ts'
import { readSagas } from '../../cli/sagas/report-sagas.ts'
import { descriptionsFlag } from '../../cli/sagas/saga-flags.ts'
import { placesOf } from '../../cli/sagas/saga-places.ts'
import { onSameBus } from '../../cli/same-bus.ts'
import { flag, run, shellWord } from '../../cli/suggestions.ts'
import type { SagaFile } from '../../operations/sagas/description/definition.ts'
import type { IndexNotice } from '../../operations/sagas/find-messages.ts'
import { compareWithSent } from '../../operations/sagas/replay/what-if.ts'
import { readTimeline, type SagaTimeline } from '../../operations/sagas/timeline.ts'
import { tailNoticeText } from '../../ui/notes/tail-notices.ts'
import { formatTimeline, type ShownReplay, timelineDocument } from '../../ui/sagas/format-timeline.ts'
import { sagaNoteText } from '../../ui/sagas/saga-words.ts'
import { ScanProgress } from '../../ui/trace/scan-progress.ts'

/** Reducing the events of a conversation takes milliseconds; loading the code of a service may take a second. */
const DEFAULT_LIMIT = '30s'

export default class SagasShow extends BaseCommand {
  static override summary = 'Show what happened in one conversation of a saga'
  static override document = 'sagas/show'
  static override description = [
    'Prints the state of the conversation, then each event that the saga reacted to, with the messages that it sent because of the event (→). The events are those of its stream in the event store; without a stream, those of the topics.',
    'The state of a saga is not stored: its code computes it from the events. --code runs the code of the service in a process of its own, which may not run longer than --time-limit; nothing is stored or sent. --states runs the code that the description of the saga names, after you have allowed it on a terminal. --what-if says what a change of the code would change for this conversation.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> sagas show checkout-42',
    '<%= config.bin %> sagas show checkout-42 --saga checkout --json',
    '<%= config.bin %> sagas show checkout-42 --code src/checkout/saga.ts#checkoutSaga --what-if',
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
    states: Flags.boolean({
      description: 'Show how each event changed the state, by the code that the description names',
    }),
    code: Flags.string({
      description: 'Show how each event changed the state, by this code; relative to the working directory',
      helpValue: 'FILE#EXPORT',
    }),
    'what-if': Flags.boolean({
      description: 'Compare what the code does now with what was stored and sent; the exit code is 10 if it differs',
    }),
    'time-limit': Flags.string({
      description: `How long the code may run (default: ${DEFAULT_LIMIT})`,
      helpValue: 'DURATION',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(SagasShow)
    const patterns = flags.saga === undefined ? [] : [flags.saga]
    const files = await readSagas(placesOf(await this.configuration(), this.context, flags.descriptions), patterns)
    const timeline = await this.#find(files, args.id)
    const replay = await this.#replay(timeline, flags)
    const { color } = this.context.io
    await this.print(formatTimeline(timeline, { timeZone: this.timeZone, width: this.tableWidth, color }, replay))
    for (const note of timeline.notes) await this.notice(`note: ${sagaNoteText(note)}`)
    const { reason } = timeline.status
    if (reason?.code === 'dead-letter') {
      await this.notice(`  try: ${onSameBus(`crbus dlq show ${shellWord(reason.letterId)}`, this.given)}`)
    }
    if (replay?.differences !== undefined && replay.differences.length > 0) this.foundSomething()
    return timelineDocument(timeline, replay)
  }

  /** Reduces the stored events with the code of the saga, if a flag asks for it. */
  async #replay(
    timeline: SagaTimeline,
    flags: {
      readonly code?: string | undefined
      readonly states: boolean
      readonly 'what-if': boolean
      readonly 'time-limit'?: string | undefined
    },
  ): Promise<ShownReplay | undefined> {
    const { code: named, states, 'what-if': isWhatIf } = flags
    if (named === undefined && !states && !isWhatIf) return undefined
    const timeout = toDelay('--time-limit', flags['time-limit'] ?? DEFAULT_LIMIT) ?? 0
    if (timeline.stored.length === 0) {
      throw new UsageError(
        `the conversation '${timeline.correlationId}' has no stream in an event store, so the code has nothing to reduce`,
        [flag('--store postgres://user:password@host/database', 'names the event store of the service')],
      )
    }
    const [{ codeOf, parseCode }, { runSagaCode }] = await Promise.all([
      import('../../cli/sagas/saga-code.ts'),
      import('../../cli/sagas/run-saga-code.ts'),
    ])
    const { cwd, env } = this.context
    const code = named === undefined ? await codeOf(timeline.of, this.context) : parseCode(named, cwd)
    const surroundings = { env, signal: this.signal, root: this.config.root, timeout }
    const replayed = await runSagaCode(code, timeline.saga, timeline.stored, surroundings)
    return {
      ...{ code: code.shown, replayed },
      ...(isWhatIf && { differences: compareWithSent(timeline, replayed) }),
    }
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
    const indexPath = await eventIndexPath(bus, this.context)
    const notices: IndexNotice[] = []
    const onIndex = (notice: IndexNotice) => notices.push(notice)
    const onProgress = (read: number, total: number | undefined) => {
      if (!this.isQuiet) progress.update(read, total ?? read)
    }
    try {
      for (const file of files) {
        const search = { correlationId, store, now, signal: this.signal, indexPath, onIndex, onProgress }
        const timeline = await readTimeline(bus, file, search)
        if (timeline !== undefined) found.push(timeline)
      }
    } finally {
      progress.end()
    }
    for (const notice of ofAllSagas(notices)) await this.notice(tailNoticeText(notice, this.timeZone))
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

/** Sums up how far the index reaches in the topics of all sagas. A reason why it cannot be used is the same for each. */
function ofAllSagas(notices: readonly IndexNotice[]): readonly IndexNotice[] {
  const used = notices.filter((notice) => notice.code === 'index-used')
  if (used.length === 0) return notices.slice(0, 1)
  const sum = (counts: readonly bigint[]) => counts.reduce((total, count) => total + count, 0n)
  const [indexed, scanned] = [sum(used.map((one) => one.indexed)), sum(used.map((one) => one.scanned))]
  return [{ code: 'index-used', indexed, scanned }]
}
