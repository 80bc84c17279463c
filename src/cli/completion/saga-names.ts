import { findSagas } from '../../operations/sagas/description/find-sagas.ts'
import type { Config } from '../config/config.ts'
import type { Context } from '../process/context.ts'
import { placesOf } from '../sagas/saga-places.ts'

/** Returns the names of the sagas that are described; none if a description cannot be read. `named` is the value of `--descriptions`. */
export async function sagaNames(
  config: Pick<Config, 'bus'>,
  context: Pick<Context, 'cwd'>,
  named: string | undefined,
): Promise<readonly string[]> {
  const found = await findSagas(placesOf(config, context, named))
  return found.ok ? found.files.map(({ definition }) => definition.saga).sort() : []
}
