import { FAILSAFE_SCHEMA, load } from 'js-yaml'
import { UsageError } from '../../errors.ts'
import type { LeftOut, Source } from './foreign-profile.ts'
import { isObject, Section } from './section.ts'

/**
 * Parses a YAML file whose content is an object. All scalars are texts, as the tools read them: a password `0123` keeps its zero. An
 * alias is a reference to its anchor and not a copy, so that a few nested aliases do not grow into a large value.
 */
export function parseYaml({ path, text }: Source, leftOut: LeftOut[]): Section {
  let content: unknown
  try {
    content = load(text, { schema: FAILSAFE_SCHEMA })
  } catch (error) {
    throw new UsageError(`${path} is not YAML: ${reasonOf(error)}`)
  }
  if (!isObject(content)) throw new UsageError(`${path} is not an object of YAML`)
  return new Section(content, '', leftOut)
}

/** Returns the reason without the lines of the file, which the message quotes and which may hold a password. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply'
  const { reason, mark } = error as { readonly reason?: string; readonly mark?: { readonly line: number } }
  const [words = 'it cannot be parsed'] = (reason ?? '').split(/[<"]/, 1).filter((part) => part.trim() !== '')
  return mark === undefined ? words.trim() : `${words.trim()} at line ${mark.line + 1}`
}
