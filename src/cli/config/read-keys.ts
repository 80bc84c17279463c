import { dirname, resolve } from 'node:path'
import { namesLike } from '../../bus/names/names-like.ts'
import { duration } from '../../bus/time/duration.ts'
import { UsageError } from '../errors.ts'
import { hint } from '../suggestions.ts'
import { brokersProblem } from './bus-address.ts'

/** The kind of file that a value comes from: a project's file, which a stranger may have written, or the user's own file. */
export type Origin = 'project' | 'user'

/** The position of a value in a configuration file. */
export interface KeyPath {
  readonly file: string
  /** Keys joined by dots, such as `profiles.prod.brokers`; empty for the whole file. */
  readonly key: string
  readonly origin: Origin
  /** Collects the problems of all keys. Absent: the first problem is thrown. */
  readonly problems?: KeyProblem[] | undefined
}

/** A problem of a configuration file. */
export interface KeyProblem {
  /** The key, as in {@link KeyPath}. */
  readonly key: string
  readonly error: UsageError
}

/** Says that a part of a value is invalid and its problem is collected, so that checks of the whole value are left out. */
const COLLECTED = new UsageError('a part of the value is invalid')

/** Reads each item. With `problems`, also the items after an invalid one. */
function readEach<Item, T>(
  items: readonly Item[],
  { problems }: KeyPath,
  key: (item: Item) => string,
  read: (item: Item) => T,
): T[] {
  if (problems === undefined) return items.map(read)
  let isValid = true
  const found = items.flatMap((item) => {
    try {
      return [read(item)]
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      if (error !== COLLECTED) problems.push({ key: key(item), error })
      isValid = false
      return []
    }
  })
  if (!isValid) throw COLLECTED
  return found
}

/** Checks a value and returns it with its type, or throws a `UsageError` that names file and key. */
export type Read<T> = (value: unknown, at: KeyPath) => T

/** Builds the error for an invalid value. It never repeats the value, which may be a password. */
export const invalid = (
  { file, key }: Pick<KeyPath, 'file' | 'key'>,
  problem: string,
  ...suggestions: readonly string[]
): UsageError => new UsageError(`${file}: ${key === '' ? 'the file' : key} ${problem}`, suggestions.map(hint))

export const text: Read<string> = (value, at) => {
  if (typeof value !== 'string' || value.trim() === '') throw invalid(at, 'must be a string that is not empty')
  return value
}

export const path: Read<string> = (value, at) => {
  const given = text(value, at)
  // On Windows, such a path names another host, which would receive the user's name and a proof of the password.
  if (at.origin === 'project' && /^[\\/]{2}/.test(given)) {
    throw invalid(at, "begins with two slashes, like the path of another host, which a project's file cannot name")
  }
  return resolve(dirname(at.file), given)
}

export const brokers: Read<string> = (value, at) => {
  const given = text(value, at)
  const problem = brokersProblem(given)
  if (problem !== undefined) throw invalid(at, problem)
  return given
}

export const yesOrNo: Read<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw invalid(at, 'must be true or false')
  return value
}

export const count: Read<number> = (value, at) => {
  if (!Number.isSafeInteger(value) || Number(value) < 1) throw invalid(at, 'must be a whole number of at least 1')
  return Number(value)
}

export const oneOf =
  <T extends string>(...allowed: readonly T[]): Read<T> =>
  (value, at) => {
    const found = allowed.find((one) => one === value)
    if (found !== undefined) return found
    throw invalid(at, `must be ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`)
  }

/** Reads a duration such as `7d` in milliseconds. */
export const time: Read<number> = (value, at) => {
  const length = duration(text(value, at))
  if (!length) throw invalid(at, 'must be a duration', '"7d"', '"12h30m"')
  return length
}

type Shape<Keys extends Readonly<Record<string, Read<unknown>>>> = {
  readonly [Key in keyof Keys]: ReturnType<Keys[Key]> | undefined
}

/** Reads an object with these keys. Each key is optional, and any other key is an error. */
export const shape =
  <Keys extends Readonly<Record<string, Read<unknown>>>>(keys: Keys): Read<Shape<Keys>> =>
  (value, at) => {
    const known = Object.keys(keys)
    const read = readEach(
      entriesOf(value, at),
      at,
      ([name]) => child(at, name).key,
      ([name, own]) => {
        const below = child(at, name)
        if (!known.includes(name)) {
          const [near] = namesLike(name, known)
          const hint = near === undefined ? '' : `; did you mean '${near}'?`
          throw invalid(below, `is not a key that crbus knows${hint}`, `one of ${known.join(', ')}`)
        }
        return [name, keys[name]?.(own, below)] as const
      },
    )
    return Object.fromEntries(read) as Shape<Keys>
  }

/** Reads an object whose keys the user chooses. `check` returns why a key is not a valid name. */
export const named =
  <T>(check: (name: string) => string | undefined, read: Read<T>): Read<ReadonlyMap<string, T>> =>
  (value, at) =>
    new Map(
      readEach(
        entriesOf(value, at),
        at,
        ([name]) => child(at, name).key,
        ([name, own]) => {
          const below = child(at, name)
          const reason = check(name)
          if (reason !== undefined) throw invalid(below, reason)
          return [name, read(own, below)] as const
        },
      ),
    )

export const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw invalid(at, 'must be a list')
    const below = (index: number) => child(at, String(index))
    return readEach(
      [...value.keys()],
      at,
      (index) => below(index).key,
      (index) => read(value[index], below(index)),
    )
  }

/** Reads a key that gives rights to projects. It is allowed only in the user's own file. */
export const userOnly =
  <T>(read: Read<T>): Read<T> =>
  (value, at) => {
    if (at.origin === 'user') return read(value, at)
    throw invalid(at, 'belongs in your own file, ~/.config/crbus/config.json: a project cannot give itself rights')
  }

const child = ({ key, ...at }: KeyPath, name: string): KeyPath => ({ ...at, key: key === '' ? name : `${key}.${name}` })

function entriesOf(value: unknown, at: KeyPath): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(at, 'must be an object')
  return Object.entries(value)
}
