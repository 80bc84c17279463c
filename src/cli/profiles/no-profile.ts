import { namesLike } from '../../bus/names/names-like.ts'
import { UsageError } from '../errors.ts'
import { hint, run } from '../suggestions.ts'

/** Builds the error for a profile that no file defines, with similar names. */
export function noProfile(name: string, defined: readonly { readonly name: string }[]): UsageError {
  const near = namesLike(name, new Set(defined.map((one) => one.name))).slice(0, 3)
  return new UsageError(`there is no profile '${name}'`, [
    ...(near.length === 0 ? [] : [hint(`similar: ${near.join(', ')}`)]),
    run('crbus profile list'),
  ])
}
