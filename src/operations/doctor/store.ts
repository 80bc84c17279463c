import type { Hint } from '../../bus/hints.ts'
import { EventStoreError } from '../../store/errors.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { operationHints } from '../hints.ts'
import { error, type Finding, ok } from './finding.ts'

/** Checks that an event store can be reached and has all its tables. Only reads. */
export async function judgeStore(setup: StoreSetup): Promise<readonly Finding[]> {
  const { location } = setup
  try {
    const missing = (await setup.inspect()).filter(({ exists }) => !exists).map(({ kind, name }) => `${kind} ${name}`)
    if (missing.length === 0) return [ok({ code: 'store-complete', location })]
    return [error({ code: 'store-incomplete', location, missing }, [operationHints.initStore()])]
  } catch (thrown) {
    if (!(thrown instanceof EventStoreError)) throw thrown
    return [storeFailed(thrown.message, thrown.hints)]
  }
}

/** The finding for an event store that cannot be opened. */
export const storeFailed = (reason: string, hints: readonly Hint[] = [operationHints.showConfig()]): Finding =>
  error({ code: 'store-failed', reason }, hints)
