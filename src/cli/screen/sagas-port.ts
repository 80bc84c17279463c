import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { WakeableSleep } from '../../bus/time/wakeable-sleep.ts'
import { findSagas } from '../../operations/sagas/description/find-sagas.ts'
import { openSagaStore } from '../../operations/sagas/saga-store.ts'
import { type SagasUpdate, watchSagas } from '../../operations/sagas/watch.ts'
import { EventStoreError } from '../../store/errors.ts'
import type { Config } from '../config/config.ts'
import { inOneLine, UsageError } from '../errors.ts'
import { openExistingStore } from '../existing-store.ts'
import type { Context } from '../process/context.ts'
import { placesOf } from '../sagas/saga-places.ts'

interface SagasContext {
  readonly config: Config
  readonly context: Context
  readonly interval: number
  readonly sleep: WakeableSleep['sleep']
  readonly signal: AbortSignal
}

/** Reads the conversations of sagas for the live screen, as `crbus sagas list` does. */
export const sagasUpdates = (
  bus: EventBus,
  { config, context, ...watching }: SagasContext,
): AsyncGenerator<SagasUpdate, void> =>
  watchSagas(bus, {
    ...watching,
    now: context.now,
    findSagas: () => findSagas(placesOf(config, context, undefined)),
    async openStore() {
      await using setup = await openExistingStore(config, context)
      return setup && (await openSagaStore(setup))
    },
    reasonOf: (error) => {
      const isExpected =
        error instanceof EventBusError || error instanceof EventStoreError || error instanceof UsageError
      return isExpected ? inOneLine(error) : undefined
    },
  })
