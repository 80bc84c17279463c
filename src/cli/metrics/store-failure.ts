import type { SagaFigures } from '../../operations/metrics/sagas.ts'
import type { StoreFigures } from '../../operations/metrics/store.ts'
import { printable } from '../../ui/text/printable.ts'
import { inOneLine } from '../errors.ts'

/** Returns the notice that an event store could not be measured; `undefined` if it was, or if there is none. */
export function storeFailure(store: StoreFigures | undefined): string | undefined {
  if (store === undefined || store.ok) return undefined
  const reason =
    'missing' in store
      ? `${store.location} lacks the tables ${store.missing.join(', ')} (try: crbus store init)`
      : inOneLine(store.error)
  return printable(`cannot measure the event store: ${reason}`)
}

/** Returns the notice that sagas could not be measured; `undefined` if they were, or if they are not measured. */
export const sagaFailure = (sagas: SagaFigures | undefined): string | undefined =>
  sagas === undefined || sagas.ok ? undefined : printable(`cannot measure sagas: ${inOneLine(sagas.error)}`)
