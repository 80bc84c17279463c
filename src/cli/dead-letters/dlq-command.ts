import type { EventBus } from '../../bus/event-bus.ts'
import { type Boxes, openBoxes } from '../../operations/dead-letters/boxes/open-boxes.ts'
import type { DiscardPlan, DiscardRequest } from '../../operations/dead-letters/discard.ts'
import { OPEN } from '../../operations/dead-letters/letter.ts'
import { parseLetterId } from '../../operations/dead-letters/letter-id.ts'
import { type Selection, topicsNamed } from '../../operations/dead-letters/select.ts'
import type { Operator } from '../../operations/dead-letters/sending/claim.ts'
import type { RetryPlan } from '../../operations/dead-letters/sending/retry.ts'
import type { SkipCount } from '../../operations/dead-letters/skip-tally.ts'
import { compileFilter, type EventFilter, type WhereStats } from '../../operations/events/event-filter.ts'
import type { Reading } from '../../operations/events/event-view.ts'
import { WhereTooLongError } from '../../operations/events/expression.ts'
import { openSchemas } from '../../operations/schemas/open.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { planDocument, skipDocument } from '../../ui/dead-letters/letter-document.ts'
import { skipText } from '../../ui/dead-letters/letter-words.ts'
import { whereNotices } from '../../ui/records/tail-summary.ts'
import { ChangeCommand } from '../base/change-command.ts'
import { toSince, utcNotice } from '../base/parse-flags.ts'
import { codecsOf, formatOfTopic } from '../config/topic-format.ts'
import { UsageError } from '../errors.ts'
import { openExistingStore } from '../existing-store.ts'
import { flag, run } from '../suggestions.ts'
import { thisOperator } from './operator.ts'

interface PlaceFlags {
  readonly topic?: readonly string[] | undefined
  readonly schema?: string | undefined
}

interface FilterFlags {
  readonly type?: readonly string[] | undefined
  readonly since?: string | undefined
  readonly where?: string | undefined
  readonly reason?: string | undefined
}

/** What became of letters. */
interface Settled {
  readonly skippedMeanwhile: readonly SkipCount[]
  /** The letters that the bus refused, with the reasons. */
  readonly refused?: readonly { readonly id: string; readonly reason: string }[]
}

type OpenPlaces = Boxes & { readonly bus: EventBus }

/** A change of the open letters that a command line selects. */
interface LetterChange<Plan extends RetryPlan | DiscardPlan, Done extends Settled> {
  readonly verb: 'retry' | 'discard'
  /** The ids in the command line, not checked yet. */
  readonly words: readonly string[]
  readonly flags: SelectingFlags
  plan(request: DiscardRequest, bus: EventBus): Promise<Plan>
  /** What is changed, as `carryOut` has it. */
  name(plan: Plan, places: OpenPlaces): string
  shown(plan: Plan): string
  question(plan: Plan): string
  apply(request: DiscardRequest, bus: EventBus): Promise<Done>
  done(done: Pick<Done, Exclude<keyof Done, keyof Settled>>): string
}

/** The most ids in a command line. */
const MAX_IDS = 10_000

/** Base class of the commands for dead letters. */
export abstract class DlqCommand extends ChangeCommand {
  #setup: StoreSetup | undefined
  #whereStats: Readonly<WhereStats> | undefined

  /**
   * Opens the bus and, unless topics are given, the event store. For letters with ids, opens only the places that the ids name. A
   * command that only reads passes `planOnly`.
   */
  protected async openPlaces(
    { topic }: PlaceFlags,
    { ids, planOnly }: { readonly ids?: readonly string[]; readonly planOnly?: boolean } = {},
  ): Promise<OpenPlaces> {
    const parsed = ids?.map(parseLetterId)
    const named = parsed?.flatMap((id) => (id?.kind === 'topic' ? [id.topic] : []))
    const needsStore = parsed === undefined ? topic === undefined : parsed.some((id) => id?.kind === 'store')
    const bus = await this.openBus(planOnly === undefined ? {} : { planOnly })
    if (needsStore) this.#setup = await openExistingStore(await this.configuration(), this.context)
    const wants =
      named !== undefined
        ? (name: string) => named.includes(name)
        : topic === undefined
          ? undefined
          : topicsNamed(topic)
    const { now } = this.context
    return { bus, ...(await openBoxes({ bus, setup: this.#setup, wants, now })) }
  }

  /** Plans a change of the open letters that ids or flags select, shows the plan, asks for confirmation and applies it. */
  protected async changeOpen<Plan extends RetryPlan | DiscardPlan, Done extends Settled>(
    change: LetterChange<Plan, Done>,
  ) {
    const { verb, words, flags } = change
    refuseUnclear(verb, words, flags)
    const ids = words.length === 0 ? undefined : this.toIds(words)
    const selection = await this.selection(flags, { ids, statuses: OPEN })
    const places = await this.openPlaces(flags, ids === undefined ? {} : { ids })
    const { bus, boxes } = places
    const request = { boxes, selection, operator: this.operator, now: this.context.now }
    const plan = await change.plan(request, bus)
    await this.noticeWhere()
    this.refuseMissing(plan.missing, places)
    if (boxes.length === 0) await this.noticeNoPlaces(flags)
    else if (plan.count === 0 && plan.skipped.length === 0) await this.notice('no open dead letters')
    return this.carryOut({
      plan: planDocument(plan),
      name: change.name(plan, places),
      shown: change.shown(plan),
      isNothing: plan.count === 0,
      question: change.question(plan),
      apply: async () => {
        const done = await this.settled(await change.apply(request, bus))
        for (const { id, reason } of done.refused ?? []) {
          await this.notice(`${id} was refused and stays open: ${reason}`)
        }
        return done
      },
      done: (done) => change.done(done),
    })
  }

  /** Says which letters a change has skipped. Returns what became of the letters, as in `--json`. */
  protected async settled<Done extends Settled>(done: Done) {
    for (const skip of done.skippedMeanwhile) await this.notice(`note: ${skipText(skip)}`)
    return { ...done, skippedMeanwhile: skipDocument(done.skippedMeanwhile) }
  }

  /** Returns what the flags select. */
  protected async selection(
    flags: FilterFlags & PlaceFlags,
    { ids, statuses }: Pick<Selection, 'ids' | 'statuses'>,
  ): Promise<Selection> {
    const since = toSince(flags.since, this.context.now())
    const utc = utcNotice('--since', flags.since)
    if (utc !== undefined) await this.notice(utc)
    const compiled = await compileFilter({ types: flags.type, where: flags.where })
    if (!compiled.ok) throw new UsageError(`--where: ${compiled.reason}`, [run('crbus help where')])
    const reading = await this.reading(flags)
    this.#whereStats = compiled.stats
    const filter = compiled.filter && explaining(compiled.filter)
    return { ids, statuses, reason: flags.reason, since, filter, reading, signal: this.signal }
  }

  /** Says which events --where could not check. */
  protected async noticeWhere(): Promise<void> {
    if (this.#whereStats === undefined) return
    for (const notice of whereNotices(this.#whereStats)) await this.notice(notice)
  }

  protected async reading({ schema }: PlaceFlags): Promise<Reading> {
    return {
      schemas: await openSchemas(await this.schemaLocation(), schema),
      topics: schema === undefined ? codecsOf(await this.configuration()) : undefined,
      eventTopics: new Set<string>(),
    }
  }

  /** Returns a function that returns the configured envelope of a topic. */
  protected async envelopes(): Promise<(topic: string) => 'bincode' | 'cbor' | undefined> {
    const config = await this.configuration()
    return (topic) => formatOfTopic(config, topic)?.envelope
  }

  protected get operator(): Operator {
    return thisOperator(this.context.env)
  }

  /** Checks the ids of a command line, and leaves out repeated ones. */
  protected toIds(words: readonly string[]): readonly string[] {
    const invalid = words.find((word) => parseLetterId(word) === undefined)
    if (invalid !== undefined) {
      throw new UsageError(
        `'${invalid}' is not the id of a dead letter: ids are 17 in an event store, and payment-dlq[0]@12 in a topic`,
        [run('crbus dlq list', 'shows the ids')],
      )
    }
    if (words.length > MAX_IDS)
      throw new UsageError(`${words.length} ids are given; ${MAX_IDS} are allowed`, [flag('--all')])
    return [...new Set(words)]
  }

  /** Throws the error for ids that no letter has. */
  protected refuseMissing(missing: readonly string[], { store, topics }: Boxes): void {
    const [id] = missing
    if (id === undefined) return
    const parsed = parseLetterId(id)
    const why =
      parsed?.kind === 'store'
        ? store === undefined
          ? 'there is no event store with dead letters'
          : `the event store at ${store} has no dead letter with this id`
        : parsed !== undefined && topics.includes(parsed.topic)
          ? 'there is no record at this offset; it may be deleted'
          : 'the bus has no such topic'
    throw new UsageError(`cannot find the dead letter ${id}: ${why}`, [
      run('crbus dlq list', 'shows the ids'),
      ...(parsed?.kind === 'store' ? [flag('--store LOCATION', 'names another event store')] : []),
    ])
  }

  /** Says where no place with dead letters was found. */
  protected async noticeNoPlaces({ topic }: PlaceFlags): Promise<void> {
    const { store } = await this.configuration()
    const location = store.value.kind === 'sqlite' ? ` at ${store.value.path}` : ''
    const looked =
      topic === undefined
        ? `there is no event store with dead letters${location}, and no topic whose name ends with -dlq, -dead-letter, -dead-letters or .DLT`
        : `no topic matches ${topic.join(', ')}`
    await this.notice(
      `${looked}; name an event store with --store, or a topic with --topic ("crbus topics list" lists them)`,
    )
  }

  /** Names the event store and the topics of a change, for `--confirm`. */
  protected nameOf({ store, topics }: Boxes): string {
    const file = store === undefined ? [] : [store.split(/[\\/]/).at(-1) ?? store]
    return [...file, ...topics].join(',')
  }

  override async _run<T>(): Promise<T> {
    try {
      return await super._run<T>()
    } finally {
      await this.#setup?.[Symbol.asyncDispose]()
    }
  }
}

interface SelectingFlags extends FilterFlags, PlaceFlags {
  readonly all: boolean
}

/** Refuses a command line that selects letters in two ways, or in none. */
function refuseUnclear(
  verb: 'retry' | 'discard',
  ids: readonly string[],
  { all, reason, type, since, where, topic }: SelectingFlags,
): void {
  const hasFilter = [reason, type, since, where, topic].some((given) => given !== undefined)
  if (ids.length > 0 && (all || hasFilter)) {
    throw new UsageError('ids choose the letters, so --all and the filters cannot be given with them', [
      run(`crbus dlq ${verb} 17`),
      run(`crbus dlq ${verb} --all`),
    ])
  }
  if (ids.length > 0 || all || hasFilter) return
  throw new UsageError('no dead letters are named: give ids, a filter or --all', [
    run('crbus dlq list', 'shows the ids'),
    flag('--all', 'takes all open letters'),
  ])
}

/** Converts the error for an expression that takes too many steps to a usage error. */
function explaining(filter: EventFilter): EventFilter {
  return (view) => {
    try {
      return filter(view)
    } catch (error) {
      if (!(error instanceof WhereTooLongError)) throw error
      throw new UsageError(`--where: ${error.message}`, [run('crbus help where')])
    }
  }
}
