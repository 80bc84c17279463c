import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import { causeOf } from '../../files/cause.ts'
import { ScaffoldRefused } from '../refused.ts'

/** Folders whose files other programs run or trust: the hooks of git, the state of a bus, installed packages. */
const reservedFolders = new Set(['.git', '.crbus', 'node_modules'])

/** Names of devices on Windows, with any extension. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i

/** Characters that Windows rejects in names, invisible characters, and lone surrogates. Separators are checked elsewhere. */
const forbidden = /[<>:"|?*\\]|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\p{Default_Ignorable_Code_Point}/u

/** Most file systems allow 255 bytes for a name. Paths of 1024 characters can be checked out on Windows with long paths enabled. */
const MAX_NAME_BYTES = 255
const MAX_PATH_LENGTH = 1024

/**
 * Returns why a template must not write to a path, such as `leads out of the service`, or `undefined` if it may. Applies the rules
 * of all file systems, because the service may be checked out on another one: on some, `.GIT` and `GIT~1` are the folder `.git`.
 */
export function whyNoTarget(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `is longer than ${MAX_PATH_LENGTH} characters`
  const names = path.split('/')
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || names.includes('..')) return 'leads out of the service'
  for (const name of names) {
    const why = whyForbiddenName(name)
    if (why !== undefined) return why
  }
  // With a file HEAD beside the folders objects and refs, git takes the folder for a repository. Its config can name programs that
  // git runs.
  if (folded(names.at(-1) ?? '') === 'head')
    return `has '${names.at(-1)}', which makes git take the folder for a repository`
  return undefined
}

function whyForbiddenName(name: string): string | undefined {
  if (name === '' || name === '.') return 'has an empty part, or one that is only a dot'
  const character = forbidden.exec(name)?.[0]
  if (character !== undefined) return `has ${shown(character)}, which not every system allows in file names`
  if (/[. ]$/.test(name)) return `has '${name}', whose last character Windows drops`
  if (device.test(name)) return `has '${name}', the name of a device on Windows`
  if (/~\d/.test(name)) return `has '${name}', which may be the short name of another file on Windows`
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `has a name of more than ${MAX_NAME_BYTES} bytes`
  if (reservedFolders.has(folded(name))) return `has '${name}', where templates must not write`
  return undefined
}

/** Shows a character, or the code point of an invisible one. */
const shown = (character: string): string =>
  /[\p{C}\p{Z}]|\p{Default_Ignorable_Code_Point}/u.test(character)
    ? `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    : `'${character}'`

/**
 * Returns the same text for names that are the same file on a file system that ignores case. Converts to upper case first, because
 * letters such as ſ and s differ in lower case.
 */
export const folded = (path: string): string => path.normalize('NFC').toUpperCase().toLowerCase()

/** A file that a plan may write. */
export interface Target {
  /** The absolute path, with links resolved. */
  readonly path: string
  readonly exists: boolean
}

/**
 * Resolves a path of a service. Follows links that stay inside the service and lead to where templates may write. Throws
 * `ScaffoldRefused` for any other link, and if something other than a file or folder is in the way.
 */
export function findTarget(root: string, path: string): Target {
  const why = whyNoTarget(path)
  if (why !== undefined) throw refused(path, why)
  if (lstatSync(root, { throwIfNoEntry: false }) === undefined) return { path: join(root, path), exists: false }
  const realRoot = realpathSync(root)
  const names = path.split('/')
  let current = realRoot
  for (const [index, name] of names.entries()) {
    const next = join(current, name)
    const shownPath = names.slice(0, index + 1).join('/')
    const stats = statsOf(next)
    if (stats === undefined) return { path: join(current, ...names.slice(index)), exists: false }
    current = stats.isSymbolicLink() ? resolveLink(realRoot, next, shownPath) : next
    const isLast = index === names.length - 1
    const real = stats.isSymbolicLink() ? lstatSync(current) : stats
    if (isLast ? !real.isFile() : !real.isDirectory()) {
      throw refused(shownPath, `is in the way: it is not a ${isLast ? 'file' : 'folder'}`)
    }
  }
  return { path: current, exists: true }
}

/**
 * Reads a file of a service. Returns `undefined` if the file does not exist. Throws like {@link findTarget}, and an `EventBusError`
 * if the user may not read the file.
 */
export function readTarget(root: string, path: string): Buffer | undefined {
  try {
    const target = findTarget(root, path)
    return target.exists ? readFileSync(target.path) : undefined
  } catch (error) {
    if (error instanceof ScaffoldRefused) throw error
    const full = join(root, path)
    throw new EventBusError('REFUSED', `nothing was written: ${full} cannot be read: ${causeOf(error, full)}`, {
      cause: error,
    })
  }
}

/** Reads the text of a file of a service. Returns `undefined` if the file does not exist or cannot be read. */
export function textIfThere(root: string, path: string): string | undefined {
  try {
    return readTarget(root, path)?.toString('utf8')
  } catch {
    return undefined
  }
}

/** Throws `ScaffoldRefused` if the folder of a new service is a link: its files would be written elsewhere. */
export function refuseLink(root: string): void {
  if (!statsOf(root)?.isSymbolicLink()) return
  throw refused(root, `is a link to ${readlinkSync(root)}; a service must be a folder`)
}

/** Returns what is at a path, without following a link; `undefined` if nothing is there. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // The parent is a file.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Returns where a link leads. `path` names the link in errors. Throws `ScaffoldRefused` if templates must not write there. */
function resolveLink(realRoot: string, link: string, path: string): string {
  const to = readlinkSync(link)
  let real: string
  try {
    real = realpathSync(link)
  } catch {
    throw refused(path, `is a link to ${to}, which does not exist`)
  }
  const inside = relative(realRoot, real)
  // On Windows, the path to another drive is absolute.
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw refused(path, `is a link to ${to}, outside the service`)
  }
  const why = inside === '' ? undefined : whyNoTarget(inside.split(sep).join('/'))
  if (why !== undefined) throw refused(path, `is a link to ${to}, which ${why}`)
  return real
}

const refused = (path: string, why: string): ScaffoldRefused =>
  new ScaffoldRefused(`${path} ${why}; nothing was written`)
