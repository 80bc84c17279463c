import { advice, type Hint } from '../../bus/hints.ts'
import type { OpenDeadLetters, OwnerBacklog, StoreBacklog } from '../../store/backlog.ts'
import { EventStoreError } from '../../store/errors.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { operationHints } from '../hints.ts'
import { error, type Finding, info, ok, warning } from './finding.ts'

/** Messages and timers that have waited longer are reported. A relay publishes within a second, and retries within a minute. */
const OVERDUE_MS = 60_000

/** Checks that an event store can be reached, has all its tables, and that nothing in it waits too long. Only reads. */
export async function judgeStore(setup: StoreSetup): Promise<readonly Finding[]> {
  const { location } = setup
  try {
    const missing = (await setup.inspect()).filter(({ exists }) => !exists)
    const names = missing.map(({ kind, name }) => `${kind} ${name}`)
    const tables =
      missing.length === 0
        ? ok({ code: 'store-complete', location })
        : error({ code: 'store-incomplete', location, missing: names }, [operationHints.initStore()])
    if (missing.some(({ kind }) => kind === 'table')) return [tables]
    return [tables, ...judgeBacklog(await setup.backlog(), setup)]
  } catch (thrown) {
    if (!(thrown instanceof EventStoreError)) throw thrown
    return [storeFailed(thrown.message, thrown.hints)]
  }
}

/** The finding for an event store that cannot be opened. */
export const storeFailed = (reason: string, hints: readonly Hint[] = [operationHints.showConfig()]): Finding =>
  error({ code: 'store-failed', reason }, hints)

/** Judges what waits in a store. */
function judgeBacklog(
  { now, owners, failed, rejected }: StoreBacklog,
  { location }: Pick<StoreSetup, 'location'>,
): readonly Finding[] {
  const hints = [operationHints.listDeadLetters()]
  const overdue = owners.flatMap((owner) => [...judgeOutbox(owner, now), ...judgeTimers(owner, now)])
  const letters = (code: 'dead-letters-open' | 'commands-rejected', { count, oldest }: OpenDeadLetters) =>
    oldest === undefined ? [] : [{ code, count, oldest: oldest.toISOString() }]
  const faults = [...overdue, ...letters('dead-letters-open', failed).map((fact) => warning(fact, hints))]
  return [
    ...(faults.length === 0 ? [ok({ code: 'store-keeps-up', location })] : faults),
    ...letters('commands-rejected', rejected).map((fact) => info(fact, hints)),
  ]
}

/** Returns for how many milliseconds something is overdue; `undefined` if it is not. */
function overdueFor(since: Date | undefined, now: Date): number | undefined {
  const age = since === undefined ? 0 : now.getTime() - since.getTime()
  return age < OVERDUE_MS ? undefined : age
}

function judgeOutbox({ owner, outbox, lease }: OwnerBacklog, now: Date): Finding[] {
  const age = overdueFor(outbox.oldest, now)
  if (age === undefined) return []
  const waiting = { owner, count: outbox.messages, age }
  if (lease.state === 'free') {
    const hints = [advice(`start the service '${owner}', which publishes them`)]
    return [error({ code: 'outbox-abandoned', ...waiting }, hints)]
  }
  const { state, ...holder } = lease
  const hints = [
    operationHints.checkConnection(),
    advice('check the log of the process for failures to publish; restart it if it does nothing'),
  ]
  return [error({ code: 'outbox-stuck', ...waiting, ...(state === 'held' && holder) }, hints)]
}

function judgeTimers({ owner, due }: OwnerBacklog, now: Date): Finding[] {
  const age = overdueFor(due.earliest, now)
  if (age === undefined) return []
  const hints = [
    advice(`start the service '${owner}', which fires them`),
    advice('check the log of the service for timers that fail'),
  ]
  return [error({ code: 'timers-overdue', owner, count: due.timers, age }, hints)]
}
