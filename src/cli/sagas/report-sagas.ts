import type { EventBus } from '../../bus/event-bus.ts'
import type { SagaFile } from '../../operations/sagas/description/definition.ts'
import type { SagaPlaces } from '../../operations/sagas/description/find-sagas.ts'
import type { SagaReport } from '../../operations/sagas/list.ts'
import { ScanProgress } from '../../ui/trace/scan-progress.ts'
import type { Config } from '../config/config.ts'
import { UsageError } from '../errors.ts'
import type { Context } from '../process/context.ts'
import { youngGenerationBound } from '../process/young-generation.ts'
import { howToDescribe, openStoreOf, readDescriptions } from './describe-sagas.ts'

interface ReportOptions {
  readonly files: readonly SagaFile[]
  /** Only conversations that began since then, in milliseconds. Absent: all. */
  readonly since: number | undefined
  /** When the states are judged. */
  readonly now: number
  /** Whether a flag names the event store. */
  readonly isStoreNamed: boolean
  /** Whether no progress is shown. */
  readonly isQuiet: boolean
  readonly notice: (text: string) => void
}

/** Reads descriptions as `readDescriptions` does. Throws if there are none. */
export async function readSagas(places: SagaPlaces, patterns: readonly string[]): Promise<readonly SagaFile[]> {
  const files = await readDescriptions(places, patterns)
  if (files.length === 0) throw noSagas()
  return files
}

/** Returns the error for a project without descriptions. */
export const noSagas = (): UsageError =>
  new UsageError('no saga is described here: there is no folder "sagas" with descriptions', howToDescribe())

/** Lists the conversations of sagas with their states, from the event store if there is one, and shows the progress. */
export async function reportSagas(
  bus: EventBus,
  config: Config,
  context: Context,
  { files, since, now, isStoreNamed, isQuiet, notice }: ReportOptions,
): Promise<SagaReport> {
  await using store = await openStoreOf(config, context, { isNamed: isStoreNamed, onMissing: notice })
  const { listSagas } = await import('../../operations/sagas/list.ts')
  const { signal } = context.stop
  const progress = new ScanProgress(context.io, signal)
  const boundMemory = youngGenerationBound()
  const onProgress = (read: number, total: number | undefined) => {
    boundMemory()
    if (!isQuiet) progress.update(read, total ?? read)
  }
  try {
    return await listSagas(bus, { files, store, since, now, signal, onProgress })
  } finally {
    progress.end()
  }
}
