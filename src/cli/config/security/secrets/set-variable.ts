import { namesLike } from '../../../../bus/names/names-like.ts'
import { hint, run, type Suggestion } from '../../../suggestions.ts'
import type { ConfigSurroundings } from '../../config.ts'

/** How many set variables with similar names an error suggests. */
const MAX_SIMILAR = 3

/** Suggests how to set a variable, and similar names that are set. The names of variables are not secret, but their values are. */
export function setVariable(variable: string, env: ConfigSurroundings['env']): readonly Suggestion[] {
  const set = Object.keys(env).filter((name) => env[name] && name !== variable)
  const similar = namesLike(variable, set).slice(0, MAX_SIMILAR)
  return [
    run(`export ${variable}=…`, 'sets it for the commands of this shell'),
    ...(similar.length === 0 ? [] : [hint(`similar variables that are set: ${similar.join(', ')}`)]),
  ]
}
