import { Args, Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { positionName } from '../bus/names/names.ts'
import { duration } from '../bus/time/duration.ts'
import { BaseCommand } from '../cli/base/base-command.ts'
import { defaultInDescription, readFlags, schemaFlag, storeFlags, tableFlags, timeFlags } from '../cli/base/flags.ts'
import { anyOf, invalidPosition, toDuration, utcNotice } from '../cli/base/parse-flags.ts'
import { tailFlags } from '../cli/base/tail-flags.ts'
import { codecsOf } from '../cli/config/topic-format.ts'
import { NotFoundError, UsageError } from '../cli/errors.ts'
import { eventIndexPath } from '../cli/event-index.ts'
import { openStoreToRead } from '../cli/existing-store.ts'
import { suggestOnSameBus } from '../cli/same-bus.ts'
import { flag, formatSuggestion, run, type Suggestion, shellWord, toSuggestion } from '../cli/suggestions.ts'
import { compileFilter } from '../operations/events/event-filter.ts'
import type { Reading } from '../operations/events/event-view.ts'
import { parsePoint } from '../operations/offsets/offset-grammar.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { topicMatcher } from '../operations/tail/choose-topics.ts'
import { buildTrace } from '../operations/trace/build-trace.ts'
import { findConversations } from '../operations/trace/find-conversations.ts'
import { type FollowedConversation, followConversation } from '../operations/trace/follow.ts'
import { type Gathered, gatherConversation } from '../operations/trace/gather.ts'
import type { GatherRequest, SearchRequest } from '../operations/trace/gather-request.ts'
import { hintsOf } from '../operations/trace/hints.ts'
import { isTraced, TRACED_TOPICS } from '../operations/trace/topic-role.ts'
import { formatOutage } from '../ui/format-outage.ts'
import { tailNoticeText } from '../ui/notes/tail-notices.ts'
import { write, writeParts } from '../ui/text/io.ts'
import { stringifyJson } from '../ui/text/json.ts'
import { listed, plural } from '../ui/text/listed.ts'
import {
  type ConversationsDocument,
  conversationsDocument,
  formatConversations,
} from '../ui/trace/format-conversations.ts'
import { followedLines, formatTrace } from '../ui/trace/format-trace.ts'
import { formatMermaid } from '../ui/trace/mermaid.ts'
import { gatherNoticeText } from '../ui/trace/notices.ts'
import { ScanProgress } from '../ui/trace/scan-progress.ts'
import { type TraceDocument, traceDocument } from '../ui/trace/trace-document.ts'

const formats = ['text', 'json', 'mermaid', 'html'] as const
type Format = (typeof formats)[number]

export default class Trace extends BaseCommand {
  static override summary = 'Show all events and commands of one conversation as a tree'
  static override document = 'trace'
  static override picked = ['id']
  static override description = [
    `Searches all topics of events, commands and dead letters (${TRACED_TOPICS}) for the messages with a correlation id, and shows which message caused which. Messages that have another correlation id or none, but name a message of the conversation as their cause, belong to it as well. Dead letters of the event store are included.`,
    'Findings below the tree name what is wrong: messages that were published or handled twice, causes that are missing, commands that nothing followed, clocks that differ, several conversations with one id, and messages that cannot be decoded or became dead letters.',
    'Where publishers write no causation ids, causes are guessed by the order of the messages and marked with ~.',
  ].join('\n\n')
  static override usage = ['trace CORRELATION_ID', 'trace --find EXPRESSION']
  static override examples = [
    '<%= config.bin %> trace checkout-42',
    '<%= config.bin %> trace checkout-42 --since 2h --follow',
    '<%= config.bin %> trace --find \'data.order_id == "o-1"\'',
    '<%= config.bin %> trace checkout-42 -o html > checkout.html',
    '<%= config.bin %> trace checkout-42 -o mermaid > checkout.mmd',
  ]
  static override args = {
    id: Args.string({ description: 'Correlation id of the conversation', ignoreStdin: true }),
  }
  static override flags = {
    ...readFlags,
    store: { ...storeFlags.store, helpGroup: 'BUS' },
    ...timeFlags,
    ...tableFlags,
    find: Flags.string({
      description:
        'CEL expression, as for "tail --where": trace the conversation that has such an event, or list the conversations if there are several',
      // Replaces the argument, so that it is not picked.
      exclusive: ['id'],
      helpValue: 'EXPRESSION',
    }),
    topic: Flags.string({
      char: 't',
      description: `Search only these topics; * and ? are wildcards; repeatable (default: ${TRACED_TOPICS})`,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'TOPIC',
    }),
    since: Flags.string({
      description: 'Search only records from this time on, such as 2h or @2026-11-23 (default: all)',
      helpValue: 'TIME',
    }),
    limit: Flags.integer({
      description: 'Largest number of messages to show (default: 10000)',
      default: 10_000,
      ...defaultInDescription,
      min: 1,
      helpValue: 'NUMBER',
    }),
    overdue: Flags.string({
      description: 'How long a command may go unanswered (default: 1m)',
      default: '1m',
      ...defaultInDescription,
      helpValue: 'DURATION',
    }),
    follow: Flags.boolean({
      description: 'Then show new messages of the conversation as they arrive',
      exclusive: ['json', 'find'],
    }),
    output: Flags.option({ options: formats })({
      char: 'o',
      description: `Output format: ${anyOf(formats)} (default: text); with --follow, json prints a line for each new message`,
      default: 'text',
      ...defaultInDescription,
      helpValue: 'FORMAT',
    }),
    codec: tailFlags.codec,
    schema: schemaFlag,
  }

  async run(): Promise<TraceDocument | ConversationsDocument | undefined> {
    const { args, flags } = await this.parse(Trace)
    const { id, find } = args.id === undefined ? { ...flags, id: undefined } : { id: args.id, find: flags.find }
    checkSubject(id, find)
    if (flags.follow && (flags.output === 'mermaid' || flags.output === 'html')) {
      throw new UsageError(
        `a ${flags.output === 'html' ? 'page' : 'diagram'} must end, so -o ${flags.output} cannot follow a conversation`,
        [flag('-o text')],
      )
    }
    const utc = utcNotice('--since', flags.since)
    if (utc !== undefined) await this.notice(utc)
    const overdue = toDuration('--overdue', flags.overdue, '1m') ?? 0
    const reading: Reading = {
      codec: flags.codec,
      schemas: await openSchemas(await this.schemaLocation(), flags.schema),
      // --schema also says how payloads are written, so it overrides the configured codecs.
      topics: flags.schema === undefined ? codecsOf(await this.configuration()) : undefined,
      eventTopics: new Set<string>(),
    }
    const search: SearchRequest = {
      topics: flags.topic,
      since: this.#since(flags.since),
      signal: this.signal,
      onNotice: (notice) => void this.notice(gatherNoticeText(notice, this.timeZone)),
    }
    const bus = await this.openBus()
    const correlationId = id ?? (await this.#find(bus, find as string, { ...search, reading }))
    if (typeof correlationId !== 'string') return correlationId
    const { limit } = flags
    const gathered = await this.#gather(bus, { ...search, correlationId, limit, reading })
    const { messages, isComplete, read } = gathered
    if (messages.length === 0 && !flags.follow && !this.signal.aborted) throw notFound(correlationId, read)
    const options = { correlationId, topics: read.topics, since: read.since, isComplete, overdue }
    const build = (all: Gathered['messages']) => {
      const trace = buildTrace(all, { ...options, now: this.context.now() })
      return traceDocument(trace, read, (finding) =>
        hintsOf(finding, trace.messages).map((one) => suggestOnSameBus(toSuggestion(one), this.given)),
      )
    }
    const document = build(messages)
    if (!flags.follow || messages.length > 0) await this.#show(document, flags.output)
    if (!flags.follow) return document
    const matches = flags.topic === undefined ? isTraced : topicMatcher(flags.topic)
    await this.#follow(bus, { correlationId, reading, gathered, matches }, { build, output: flags.output })
    return undefined
  }

  /** Shows the messages of a conversation that are published from now on. */
  async #follow(
    bus: EventBus,
    followed: Pick<FollowedConversation, 'correlationId' | 'reading' | 'gathered' | 'matches'>,
    { build, output }: { readonly build: (all: Gathered['messages']) => TraceDocument; readonly output: Format },
  ): Promise<void> {
    const { io, stop, now } = this.context
    const all = [...followed.gathered.messages]
    if (all.length === 0) await this.notice(`waiting for the first message of ${followed.correlationId}`)
    const arriving = followConversation(bus, {
      ...followed,
      signal: this.signal,
      onNotice: (notice) => void this.notice(tailNoticeText(notice, this.timeZone)),
      onOutage: (outage) => void this.notice(formatOutage(outage, now(), this.timeZone)),
    })
    for await (const arrived of arriving) {
      all.push(...arrived)
      const { messages } = build(all)
      const places = new Set(arrived.map(positionName))
      const fresh = messages.filter(({ deadLetter, ...message }) => {
        return (
          deadLetter?.stored === undefined && places.has(positionName({ ...message, offset: BigInt(message.offset) }))
        )
      })
      const lines =
        output === 'json'
          ? fresh.map((message) => `${stringifyJson(message)}\n`)
          : followedLines(fresh, messages, this.#style)
      await writeParts(io.stdout, lines, stop.readerLeft, io)
    }
  }

  get #style() {
    const { io } = this.context
    const isWhole = this.given.wide === true || !io.stdout.isTTY
    return {
      color: io.color,
      timeZone: this.timeZone,
      columns: isWhole ? undefined : io.stdout.columns || undefined,
      suggestionText: formatSuggestion,
    }
  }

  async #show(document: TraceDocument, output: Format): Promise<void> {
    if (this.isJson) return
    const { io, stop } = this.context
    if (output === 'json') {
      const bus = await this.namedBus()
      await write(io.stdout, `${stringifyJson({ ...document, bus })}\n`, stop.readerLeft)
    } else if (output === 'html') {
      const { tracePage } = await import('../ui/page/trace-page.ts')
      // As bytes, because `write` escapes control characters in text for a terminal, and the page escapes its own.
      await write(io.stdout, Buffer.from(tracePage(document)), stop.readerLeft)
    } else if (output === 'mermaid') await writeParts(io.stdout, formatMermaid(document), stop.readerLeft)
    else await writeParts(io.stdout, formatTrace(document, this.#style), stop.readerLeft, io)
  }

  /** Gathers the conversation, with the dead letters of the event store if there is one. */
  async #gather(bus: EventBus, request: GatherRequest): Promise<Gathered> {
    const progress = new ScanProgress(this.context.io, this.signal)
    await using opened = await openStoreToRead(await this.configuration(), this.context)
    const { store, unread } = opened
    if (unread !== undefined)
      await this.notice(`the dead letters and timers of the event store were not searched: ${unread}`)
    try {
      return await gatherConversation(bus, {
        ...request,
        indexPath: await eventIndexPath(bus, this.context),
        store,
        onProgress: (read, total) => progress.update(read, total),
      })
    } finally {
      progress.end()
    }
  }

  /** Returns the correlation id of the only conversation with an event for which the expression is true, or lists them. */
  async #find(
    bus: EventBus,
    expression: string,
    search: SearchRequest & { readonly reading: Reading },
  ): Promise<string | ConversationsDocument> {
    const compiled = await compileFilter({ where: expression })
    if (!compiled.ok) throw new UsageError(`--find: ${compiled.reason}`, [run('crbus help where')])
    const progress = new ScanProgress(this.context.io, this.signal)
    const onProgress = (read: number, total: number) => progress.update(read, total)
    const found = await findConversations(bus, { ...search, filter: compiled.filter, onProgress }).finally(() =>
      progress.end(),
    )
    const { conversations, withoutId, topics, scanned, isCut } = found
    const { errors, firstError } = compiled.stats
    if (errors > 0) await this.notice(`--find failed for ${plural(errors, 'event')}: ${firstError}`)
    const [first, ...others] = conversations
    if (first === undefined) {
      const without = withoutId === 0 ? '' : `; ${plural(withoutId, 'event')} without a correlation id match`
      throw new NotFoundError(
        `no conversation has an event for which --find is true${without}: ${searched(topics, scanned)}`,
        [...(scanned === 0 ? [run('crbus topics list')] : []), flag("--topic '*'", 'searches all topics')],
      )
    }
    if (others.length === 0) return first.correlationId
    await this.print(formatConversations(conversations, this.timeZone, this.tableWidth))
    if (isCut) await this.notice(`only the newest ${conversations.length} conversations are listed`)
    await this.notice(`to show one: crbus trace ${shellWord(first.correlationId)}`)
    return conversationsDocument(found)
  }

  #since(text: string | undefined): number | undefined {
    if (text === undefined) return undefined
    const ago = duration(text)
    if (ago !== undefined) return this.context.now() - ago
    const point = parsePoint(text, this.context.now())
    if (!point.ok) throw invalidPosition('--since', point)
    if (point.spec.kind === 'start') return undefined
    if (point.spec.kind === 'time') return Number(point.spec.time)
    throw new UsageError(`--since ${text} is not a time`, [flag('--since 2h'), flag('--since @2026-11-23T10:00:00Z')])
  }
}

/** Checks that the command line has either a correlation id or an expression. */
function checkSubject(id: string | undefined, find: string | undefined): void {
  if (id === undefined && find === undefined) {
    throw new UsageError('trace needs a correlation id, or --find with an expression', [
      run('crbus trace CORRELATION_ID'),
      run('crbus trace --find \'data.order_id == "o-1"\'', 'finds the conversations of an order'),
    ])
  }
  if (id !== undefined && find !== undefined) {
    throw new UsageError('--find searches for a correlation id, so none can be given', [
      run(`crbus trace ${shellWord(id)}`),
      run(`crbus trace --find ${shellWord(find)}`),
    ])
  }
}

/** The most topics that an error lists. */
const MAX_LISTED_TOPICS = 5

const searched = (topics: readonly string[], scanned: number): string =>
  topics.length === 0
    ? 'the bus has no topic of events or commands'
    : `${plural(scanned, 'record')} of ${listed(topics, MAX_LISTED_TOPICS)} searched`

function notFound(correlationId: string, { topics, scanned, since }: Gathered['read']): NotFoundError {
  const suggestions: Suggestion[] = [
    ...(since === undefined ? [] : [flag('--since start', 'searches the whole topics')]),
    run(`crbus trace --find 'metadata.correlation_id.startsWith("…")'`, 'finds the ids that begin with a text'),
    flag("--topic '*'", 'searches all topics'),
  ]
  const from = since === undefined ? '' : ` since ${new Date(since).toISOString()}`
  return new NotFoundError(
    `no message has the correlation id ${correlationId}: ${searched(topics, scanned)}${from}`,
    suggestions,
  )
}
