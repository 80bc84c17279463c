import { matchesSome } from '../../bus/names/glob.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import type { SagaFile } from '../../operations/sagas/description/definition.ts'
import { findSagas, type SagaPlaces } from '../../operations/sagas/description/find-sagas.ts'
import { type OpenSagaStore, openSagaStore } from '../../operations/sagas/saga-store.ts'
import type { Config } from '../config/config.ts'
import { UsageError } from '../errors.ts'
import { openExistingStore, requireStore } from '../existing-store.ts'
import type { Context } from '../process/context.ts'
import { run, type Suggestion, shellWord } from '../suggestions.ts'

/** What writes a description, for a project without one. */
export const howToDescribe = (saga = 'checkout'): readonly Suggestion[] => [
  run(`crbus new saga ${shellWord(saga)} --on order-events,payment-events`, 'creates a saga with its description'),
  run(`crbus sagas describe ${shellWord(saga)} --on order-events,payment-events`, 'describes a saga from its events'),
]

/** Reads the descriptions of the sagas whose names match one of the patterns; all of them without a pattern. */
export async function readDescriptions(
  places: SagaPlaces,
  patterns: readonly string[] = [],
): Promise<readonly SagaFile[]> {
  const found = await findSagas(places)
  if (!found.ok) throw new UsageError(found.reason, howToDescribe())
  const isWanted = matchesSome(patterns)
  const files = found.files.filter(({ definition }) => isWanted(definition.saga))
  const [pattern] = patterns
  if (files.length > 0 || pattern === undefined) return files
  const names = found.files.map(({ definition }) => definition.saga)
  const similar = namesLike(pattern, names)
  const known = (similar.length === 0 ? names.slice(0, 3) : similar).map((name) =>
    run(`crbus sagas list ${shellWord(name)}`),
  )
  const where =
    found.folder === undefined
      ? 'there is no folder "sagas" here, above, or beside the embedded bus'
      : `looked in ${found.folder}`
  throw new UsageError(
    `no description of a saga '${pattern}': ${where}`,
    names.length === 0 ? howToDescribe(pattern) : known,
  )
}

/**
 * Opens the event store, if there is one. A store of a configuration file may not exist yet, which `onMissing` is told: then the
 * conversations of the topics are read. A store that the user names must have events.
 */
export async function openStoreOf(
  config: Config,
  context: Context,
  { isNamed, onMissing }: { readonly isNamed: boolean; readonly onMissing: (notice: string) => void },
): Promise<OpenSagaStore | undefined> {
  const setup = isNamed ? await requireStore(config, context) : await openExistingStore(config, context)
  if (setup === undefined) return undefined
  await using open = setup
  const store = await openSagaStore(open)
  if (store === undefined) {
    onMissing(`note: there is no event store at ${open.location} yet, so the conversations are those of the topics`)
  }
  return store
}
