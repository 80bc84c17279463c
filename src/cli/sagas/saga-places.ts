import type { SagaPlaces } from '../../operations/sagas/description/find-sagas.ts'
import type { Config } from '../config/config.ts'
import type { Context } from '../process/context.ts'

/** Returns where to look for descriptions: in the file or folder that the user names, else in the project and beside the embedded bus. */
export const placesOf = (
  { bus }: Pick<Config, 'bus'>,
  { cwd }: Pick<Context, 'cwd'>,
  named: string | undefined,
): SagaPlaces => ({ cwd, named, busFolder: bus.value.kind === 'embedded' ? bus.value.folder : undefined })
