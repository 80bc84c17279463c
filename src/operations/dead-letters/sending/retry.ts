import { AppendError, EventBusError } from '../../../bus/errors.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import { positionName } from '../../../bus/names/names.ts'
import type { NewRecord, Position } from '../../../bus/record.ts'
import { type MonotonicClock, monotonicClock } from '../../../bus/time/monotonic-clock.ts'
import { RETRIED_NOTES } from '../../../store/dead-letter-text.ts'
import { rateLimiter } from '../../rate-limit.ts'
import { CLAIM_HEADER } from '../failure-headers.ts'
import type { Letter, LetterBox } from '../letter.ts'
import { type ReasonCount, ReasonTally } from '../reasons.ts'
import { type LetterBatch, type Selection, selectLetters } from '../select.ts'
import { type SkipCount, SkipTally } from '../skip-tally.ts'
import { MAX_CLAIM_MS, newClaim, type Operator, writeClaim } from './claim.ts'
import { type Outgoing, type PrepareOptions, prepareLetters } from './outgoing.ts'
import { reconcile, standingOf } from './reconcile.ts'

export interface RetryRequest extends PrepareOptions {
  readonly boxes: readonly LetterBox[]
  readonly selection: Selection
  readonly operator: Operator
  readonly now: () => number
}

/** What a retry will do. */
export interface RetryPlan {
  readonly count: number
  /** The number of letters by the topic that they are sent to. */
  readonly topics: readonly { readonly topic: string; readonly count: number }[]
  readonly reasons: readonly ReasonCount[]
  /**
   * The number of letters, among `count`, of a retry that was interrupted: those that it sent are not sent again.
   */
  readonly interrupted: number
  readonly skipped: readonly SkipCount[]
  /** The ids in the selection that are not those of letters. */
  readonly missing: readonly string[]
}

/** Plans to retry the selected letters. Only reads. */
export async function planRetry(bus: EventBus, request: RetryRequest): Promise<RetryPlan> {
  const { boxes, selection, operator, now } = request
  const [reasons, skipped, topics] = [new ReasonTally(), new SkipTally(), new Map<string, number>()]
  const found = new Set<string>()
  let interrupted = 0
  let count = 0
  for await (const { letters } of selectLetters(boxes, selection)) {
    if (selection.ids !== undefined) for (const { id } of letters) found.add(id)
    const isInterrupted = new Set<string>()
    const open = letters.filter((letter) => {
      const standing = standingOf(letter, operator, now())
      if (standing.kind === 'skip') skipped.add(standing.skip, letter)
      if (standing.kind === 'interrupted') isInterrupted.add(letter.id)
      return standing.kind !== 'skip'
    })
    for (const prepared of await prepareLetters(bus, open, request)) {
      if ('skip' in prepared) skipped.add(prepared.skip, prepared.letter)
      else {
        count += 1
        if (isInterrupted.has(prepared.letter.id)) interrupted += 1
        topics.set(prepared.topic, (topics.get(prepared.topic) ?? 0) + 1)
        reasons.add(prepared.letter)
      }
    }
  }
  return {
    count,
    topics: [...topics].map(([topic, of]) => ({ topic, count: of })).sort((a, b) => (a.topic < b.topic ? -1 : 1)),
    reasons: reasons.counts,
    interrupted,
    skipped: skipped.counts,
    missing: (selection.ids ?? []).filter((id) => !found.has(id)),
  }
}

/** What a retry has done. */
export interface Retried {
  /** The number of letters that were sent, and of those that an interrupted retry had sent. */
  retried: number
  alreadySent: number
  /** The letters that the bus refused, with the reasons. They are open still. The first {@link MAX_REFUSED}. */
  readonly refused: { readonly id: string; readonly reason: string }[]
  /** The positions of the first {@link MAX_SENT} records. */
  readonly sent: { readonly id: string; readonly position: Position }[]
  skippedMeanwhile: readonly SkipCount[]
}

const MAX_SENT = 100
const MAX_REFUSED = 100

interface ApplyRequest extends RetryRequest {
  /** The most letters in a second. Absent: no limit. */
  readonly rate?: number | undefined
  /** Notes of resolved letters, besides the position. */
  readonly notes?: string | undefined
  readonly clock?: MonotonicClock | undefined
  /** Called after each batch, with the number of letters that were sent so far. */
  readonly onProgress?: ((retried: number) => void) | undefined
}

/**
 * Sends letters back to the topics that they came from. Of each letter, in this order: claims it (status `processing`, with the end of
 * the partition in its notes), appends the record with the id of the claim in a header, and marks the letter as resolved.
 *
 * A process that dies in between leaves a claim. The next retry reads the partition from the noted end, to find out whether the
 * record was appended, so that no letter is lost and none is sent twice.
 */
export async function applyRetry(bus: EventBus, request: ApplyRequest): Promise<Retried> {
  const { boxes, selection, operator, now, rate, clock } = request
  const { signal } = selection
  const done: Retried = { retried: 0, alreadySent: 0, refused: [], sent: [], skippedMeanwhile: [] }
  const skipped = new SkipTally()
  const waitForRate = rate === undefined ? undefined : rateLimiter(rate, clock)
  // With a rate, the letters of a batch are sent together, so a batch is at most those of a quarter of a second.
  const size = rate === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(rate / 4))
  for await (const { box, letters } of inParts(selectLetters(boxes, selection), size)) {
    if (signal.aborted) break
    const open: Letter[] = []
    const interrupted = letters.flatMap((letter) => {
      const standing = standingOf(letter, operator, now())
      if (standing.kind === 'free') open.push(letter)
      return standing.kind === 'interrupted' ? [{ letter, claim: standing.claim }] : []
    })
    if (interrupted.length > 0) {
      const outcome = await reconcile(bus, box, interrupted, signal)
      open.push(...outcome.unsent)
      done.alreadySent += outcome.resolved.length
      for (const { letter, skip } of outcome.skipped) skipped.add(skip, letter)
    }
    await waitForRate?.(open.length, signal)
    if (signal.aborted) break
    const prepared = await prepareLetters(bus, open, request)
    const outgoing = prepared.filter((one) => 'record' in one)
    try {
      await send(bus, box, outgoing, request, done, skipped)
    } finally {
      done.skippedMeanwhile = skipped.counts
    }
    request.onProgress?.(done.retried)
  }
  return done
}

/** Splits batches into parts of at most `size` letters. */
async function* inParts(batches: AsyncIterable<LetterBatch>, size: number): AsyncGenerator<LetterBatch> {
  for await (const { box, letters } of batches) {
    for (let at = 0; at < letters.length; at += size) yield { box, letters: letters.slice(at, at + size) }
  }
}

async function send(
  bus: EventBus,
  box: LetterBox,
  outgoing: readonly Outgoing[],
  { operator, now, notes, clock = monotonicClock }: ApplyRequest,
  done: Retried,
  skipped: SkipTally,
): Promise<void> {
  const claimedAt = clock.now()
  const claims = outgoing.map(({ letter, topic, record: { partition }, end }) => {
    const claim = newClaim(operator, now(), { topic, partition, from: end })
    return { claim, letter, to: { status: 'processing', by: operator.name, notes: writeClaim(claim) } as const }
  })
  const held = await box.change(claims)
  const ready = outgoing.flatMap((one, at) => {
    const letter = held.get(one.letter.id)
    if (letter === undefined) skipped.add('changed-meanwhile', one.letter)
    const mark = [CLAIM_HEADER, Buffer.from(claims[at]?.claim.id ?? '')] as const
    const record: NewRecord = { ...one.record, headers: [...one.record.headers, mark] }
    return letter === undefined ? [] : [{ letter, topic: one.topic, record }]
  })
  const release = (letters: readonly Letter[]) =>
    box.change(letters.map((letter) => ({ letter, to: { status: 'pending', by: operator.name, notes: '' } })))
  let rest = ready
  for (const [topic, group] of Map.groupBy(ready, (one) => one.topic)) {
    rest = rest.filter((one) => one.topic !== topic)
    if (clock.now() - claimedAt > MAX_CLAIM_MS) {
      await release([...group, ...rest].map(({ letter }) => letter))
      throw new EventBusError(
        'TRANSPORT_ERROR',
        'claiming the dead letters took more than a minute; they are open again',
      )
    }
    const outcome = await append(
      bus,
      topic,
      group.map(({ record }) => record),
    )
    const settled = group.flatMap(({ letter }, at) => {
      const position = outcome.positions.get(at)
      if (position === undefined) return []
      if (done.sent.length < MAX_SENT) done.sent.push({ id: letter.id, position })
      const text = `${RETRIED_NOTES}${positionName(position)}${notes === undefined ? '' : `\n${notes}`}`
      return [{ letter, to: { status: 'resolved', by: operator.name, notes: text } as const }]
    })
    await box.change(settled)
    done.retried += settled.length
    for (const { index, reason } of outcome.refused) {
      if (done.refused.length < MAX_REFUSED) done.refused.push({ id: group[index]?.letter.id ?? '', reason })
    }
    // A record that may have been appended keeps its claim, so that the next retry finds out.
    const unsent = group.filter((_, at) => !outcome.positions.has(at) && !outcome.unknown.has(at))
    await release(unsent.map(({ letter }) => letter))
    if (outcome.error !== undefined) {
      await release(rest.map(({ letter }) => letter))
      throw outcome.error
    }
  }
}

interface Appended {
  /** The positions of the appended records, by their indices. */
  readonly positions: ReadonlyMap<number, Position>
  readonly refused: readonly { readonly index: number; readonly reason: string }[]
  /** The indices of records that may have been appended. */
  readonly unknown: ReadonlySet<number>
  /** Why no more can be sent. */
  readonly error: EventBusError | undefined
}

/** Appends records. A record that the bus refuses does not keep those behind it from being appended. */
async function append(bus: EventBus, topic: string, records: readonly NewRecord[]): Promise<Appended> {
  const positions = new Map<number, Position>()
  const refused: { index: number; reason: string }[] = []
  let open = [...records.keys()]
  while (open.length > 0) {
    try {
      const appended = await bus.log.append(
        topic,
        open.map((index) => records[index] as NewRecord),
      )
      for (const [at, position] of appended.entries()) positions.set(open[at] as number, position)
      break
    } catch (error) {
      if (!(error instanceof EventBusError)) throw error
      // No record was appended.
      if (!(error instanceof AppendError)) return { positions, refused, unknown: new Set(), error }
      const tried = open
      const outcome = error.append
      for (const [at, position] of outcome.positions.entries()) {
        if (position !== undefined) positions.set(tried[at] as number, position)
      }
      for (const { index, reason } of outcome.refused) refused.push({ index: tried[index] as number, reason })
      const unknown = new Set(outcome.unknown.map((at) => tried[at] as number))
      if (outcome.refused.length === 0 || unknown.size > 0) return { positions, refused, unknown, error }
      const isRefused = new Set(refused.map(({ index }) => index))
      open = tried.filter((index) => !positions.has(index) && !isRefused.has(index))
    }
  }
  return { positions, refused, unknown: new Set(), error: undefined }
}
