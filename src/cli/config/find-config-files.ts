import { lstatSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { findUp } from '../../files/find-up.ts'
import type { ConfigSurroundings } from './config.ts'
import type { ConfigFile } from './config-file.ts'

/** The name of a project's configuration file. */
export const PROJECT_FILE = 'crbus.json'

/** The name of the file in the user's state folder with the profiles that `crbus profile use` has chosen. */
export const CHOICES_FILE = 'profiles.json'

/**
 * Returns the folder that an XDG variable names, or `fallback`. The XDG specification says to ignore a relative path: it would
 * mean another folder in each working directory, and a project could put a file of its own there.
 */
export const xdgFolder = (given: string | undefined, fallback: string): string =>
  given !== undefined && isAbsolute(given) ? given : fallback

/** Returns the path of the user's own configuration file. */
export const userFile = ({ env, home }: ConfigSurroundings): string =>
  join(xdgFolder(env.XDG_CONFIG_HOME, join(home, '.config')), 'crbus', 'config.json')

/** Returns the paths of the configuration files that exist: the project's file, then the user's. Also those that would be ignored. */
export function whereConfigFiles(surroundings: ConfigSurroundings): string[] {
  const project = findUp(surroundings.cwd, PROJECT_FILE, isFile)
  const own = userFile(surroundings)
  return [...(project === undefined ? [] : [project]), ...(isFile(own) ? [own] : [])]
}

/**
 * Returns the project's file (in the working directory or the nearest folder above that has one), then the user's file. Ignores
 * a project's file that belongs to another user, unless `allow.folders` in the user's file lists its folder. Loads the parser
 * only if there is a file.
 */
export async function readConfigFiles(surroundings: ConfigSurroundings): Promise<ConfigFile[]> {
  const project = findUp(surroundings.cwd, PROJECT_FILE, isFile)
  const userPath = userFile(surroundings)
  const hasUserFile = isFile(userPath)
  if (project === undefined && !hasUserFile) return []
  const { ignoredFile, readConfigFile } = await import('./config-file.ts')
  const userFiles = hasUserFile ? [readConfigFile(userPath, 'user')] : []
  if (project === undefined) return userFiles
  const owner = untrustedOwner(project, surroundings)
  const isAllowed = userFiles.some(({ allowFolders }) => allowFolders.includes(dirname(project)))
  if (owner === undefined || isAllowed) return [readConfigFile(project, 'project'), ...userFiles]
  return [ignoredFile(project, `it belongs to another user (uid ${owner})`), ...userFiles]
}

/**
 * Returns the user id of a file's owner, or `undefined` if the owner is this user or root. The check is needed because a
 * working directory may be below a folder that other users may write to, such as /tmp. On systems without user ids, such as
 * Windows, the result is always `undefined`.
 */
function untrustedOwner(path: string, { env }: ConfigSurroundings): number | undefined {
  const user = process.geteuid?.()
  if (user === undefined) return undefined
  // Under sudo, the files belong to the user who typed the command.
  const trusted = [user, 0, ...(user === 0 && /^\d+$/.test(env.SUDO_UID ?? '') ? [Number(env.SUDO_UID)] : [])]
  // The owner of a link chose the target, and the owner of the target decides its content. Both must be trusted.
  return [lstatSync(path).uid, ...ownerOfTarget(path)].find((uid) => !trusted.includes(uid))
}

/** Returns the owner of the file that a path leads to through links, in a list; an empty list for a dangling link. */
function ownerOfTarget(link: string): number[] {
  try {
    return [statSync(link).uid]
  } catch {
    // A dangling link is reported when the file is read.
    return []
  }
}

/** Whether the path is a file or a dangling link. Skipping a dangling link would run the command with other settings. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? isLink(path)
  } catch (error) {
    // A cycle of links counts as a dangling link. Any other error, such as a folder that this user may not enter, counts as no
    // file.
    return (error as NodeJS.ErrnoException).code === 'ELOOP' && isLink(path)
  }
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
