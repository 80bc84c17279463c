import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import { causeOf } from '../../files/cause.ts'
import { ScaffoldRefused } from '../refused.ts'

/** Folders that hold what other programs run or trust: hooks, commands, the state of a bus. */
const reserved = new Set(['.git', '.crbus', 'node_modules'])

/** Names of devices on Windows, with any extension. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i

/** Other than separators: what Windows does not take in a name, what is not seen, and halves of a character. */
const forbidden = /[<>:"|?*\\]|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\p{Default_Ignorable_Code_Point}/u

/** Limits of file systems: most take 255 bytes for a name. A path of this length can still be checked out on Windows. */
const MAX_NAME_BYTES = 255
const MAX_PATH_LENGTH = 1024

/**
 * Why a template cannot write a path of a service, such as `leads out of the service`; `undefined` when it can. It is checked as every file system would take
 * it, since a service is checked out elsewhere: `.GIT` and `GIT~1` are `.git` on some.
 */
export function whyNoTarget(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `is longer than ${MAX_PATH_LENGTH} characters`
  const names = path.split('/')
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || names.includes('..')) return 'leads out of the service'
  for (const name of names) {
    const why = whyNoName(name)
    if (why !== undefined) return why
  }
  // Beside folders objects and refs, it makes git take the folder for a repository, whose config names programs to run.
  if (folded(names.at(-1) ?? '') === 'head') return `has '${names.at(-1)}', by which git knows a repository`
  return undefined
}

function whyNoName(name: string): string | undefined {
  if (name === '' || name === '.') return 'has a part that is empty or only a dot'
  const character = forbidden.exec(name)?.[0]
  if (character !== undefined) return `has ${shown(character)}, which file names cannot have on every system`
  if (/[. ]$/.test(name)) return `has '${name}', whose last character Windows leaves out`
  if (device.test(name)) return `has '${name}', the name of a device on Windows`
  if (/~\d/.test(name)) return `has '${name}', which may be the short name of another file on Windows`
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `has a name of more than ${MAX_NAME_BYTES} bytes`
  if (reserved.has(folded(name))) return `has '${name}', to which templates do not write`
  return undefined
}

const shown = (character: string): string =>
  /[\p{C}\p{Z}]|\p{Default_Ignorable_Code_Point}/u.test(character)
    ? `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    : `'${character}'`

/** Alike for names that are one file where case does not count. */
export const folded = (path: string): string => path.normalize('NFC').toUpperCase().toLowerCase()

export interface Target {
  /** Absolute, behind links. */
  readonly path: string
  readonly isThere: boolean
}

/**
 * Where a path of a service leads. A link is followed as long as it stays in the service and does not lead to what
 * templates do not write; any other, and what is neither a file nor a folder where there should be one, is refused.
 */
export function findTarget(root: string, path: string): Target {
  const why = whyNoTarget(path)
  if (why !== undefined) throw refused(path, why)
  const kindOfRoot = lstatSync(root, { throwIfNoEntry: false })
  if (kindOfRoot === undefined) return { path: join(root, path), isThere: false }
  const realRoot = realpathSync(root)
  const names = path.split('/')
  let at = realRoot
  for (const [index, name] of names.entries()) {
    const next = join(at, name)
    const shownPath = names.slice(0, index + 1).join('/')
    const kind = kindOf(next)
    if (kind === undefined) return { path: join(at, ...names.slice(index)), isThere: false }
    at = kind.isSymbolicLink() ? behindLink(realRoot, next, shownPath) : next
    const isLast = index === names.length - 1
    const real = kind.isSymbolicLink() ? lstatSync(at) : kind
    if (isLast ? !real.isFile() : !real.isDirectory()) {
      throw refused(shownPath, `is in the way: it is not a ${isLast ? 'file' : 'folder'}`)
    }
  }
  return { path: at, isThere: true }
}

/**
 * The bytes of a file of a service; `undefined` when there is none. Refuses what {@link findTarget} does, and a file that
 * the system does not let this user read.
 */
export function readTarget(root: string, path: string): Buffer | undefined {
  try {
    const target = findTarget(root, path)
    return target.isThere ? readFileSync(target.path) : undefined
  } catch (error) {
    if (error instanceof ScaffoldRefused) throw error
    const full = join(root, path)
    throw new EventBusError('REFUSED', `nothing was written: ${full} cannot be read: ${causeOf(error, full)}`, {
      cause: error,
    })
  }
}

/** The text of a file of a service that need not be there; `undefined` for what {@link readTarget} refuses as well. */
export function textIfThere(root: string, path: string): string | undefined {
  try {
    return readTarget(root, path)?.toString('utf8')
  } catch {
    return undefined
  }
}

/** Refuses a link in the place of a new service: its files would be written elsewhere. */
export function refuseLink(root: string): void {
  if (!kindOf(root)?.isSymbolicLink()) return
  throw refused(root, `is a link to ${readlinkSync(root)}, where a service is a folder`)
}

function kindOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // The folder above is a file.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}

function behindLink(realRoot: string, link: string, path: string): string {
  const to = readlinkSync(link)
  let real: string
  try {
    real = realpathSync(link)
  } catch {
    throw refused(path, `is a link to ${to}, which is not there`)
  }
  const way = relative(realRoot, real)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw refused(path, `is a link to ${to}, out of the service`)
  }
  const why = way === '' ? undefined : whyNoTarget(way.split(sep).join('/'))
  if (why !== undefined) throw refused(path, `is a link to ${to}, which ${why}`)
  return real
}

const refused = (path: string, why: string): ScaffoldRefused =>
  new ScaffoldRefused(`${path} ${why}; nothing was written`)
