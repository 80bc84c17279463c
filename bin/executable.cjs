// The main script of the executable that bin/sea.js builds. oclif loads commands from files, so the script unpacks the package from
// the executable into a folder of the user's cache, once for each build of crbus, and runs it from there.
const {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs')
const { homedir, tmpdir } = require('node:os')
const { dirname, isAbsolute, join } = require('node:path')
const { getAsset, getAssetKeys, getRawAsset } = require('node:sea')
const { pathToFileURL } = require('node:url')

// The name of the folder, with the version and a hash of all files.
const name = getAsset('name', 'utf8')
const paths = getAssetKeys().filter((key) => key !== 'name')

const reasons = []
const folder = findPackage()
if (folder === undefined) {
  process.stderr.write(
    `error: crbus cannot unpack itself: ${reasons.join('; ')}\n  try: set XDG_CACHE_HOME to a folder of yours\n`,
  )
  process.exitCode = 6
} else {
  import(pathToFileURL(join(folder, 'bin/crbus.js')).href)
}

// Returns the folder of the unpacked package. The second folder is for a user without a home, and for a read-only one.
function findPackage() {
  const temporary = () => join(tmpdir(), `crbus-${process.geteuid?.() ?? 'cache'}`)
  for (const parent of [cacheFolder, temporary]) {
    try {
      return unpackOnce(parent())
    } catch (error) {
      reasons.push(error.message)
    }
  }
  return undefined
}

// A relative path is ignored: the working directory must not decide from where code is loaded.
function cacheFolder() {
  const { XDG_CACHE_HOME: given = '', LOCALAPPDATA: local = '' } = process.env
  const cache = [given, local].find(isAbsolute) ?? join(homedir(), '.cache')
  if (!isAbsolute(cache)) throw new Error(`the home folder ${cache} is not an absolute path`)
  return join(cache, 'crbus')
}

// Unpacks the package, unless the folder has it already.
function unpackOnce(parent) {
  makeFolder(parent)
  refuseForeign(parent)
  const target = join(parent, name)
  if (isComplete(target)) return target
  const building = mkdtempSync(join(parent, 'new-'))
  try {
    for (const path of paths) {
      mkdirSync(dirname(join(building, path)), { recursive: true })
      writeFileSync(join(building, path), new Uint8Array(getRawAsset(path)))
    }
    place(building, target)
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return target
}

// Moves the new folder to its place. Never removes a complete folder there: another process, which was faster, runs from it.
function place(building, target) {
  try {
    renameSync(building, target)
  } catch (error) {
    if (isComplete(target)) return
    // Not the fault of a folder from which a program has deleted files.
    if (!existsSync(target)) throw error
    rmSync(target, { recursive: true })
    renameSync(building, target)
  }
}

// Creates a folder and its parents. The option `recursive` of Node would loop forever where mkdir fails with ENOENT, as in /proc.
function makeFolder(path, isLastTry = false) {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (error.code === 'EEXIST') return
    if (error.code !== 'ENOENT' || isLastTry || dirname(path) === path) throw error
    makeFolder(dirname(path))
    makeFolder(path, true)
  }
}

// Refuses a folder of another user, who could put code into it that Node would run. On Windows, users have no ids, and each user
// has a separate folder for temporary files.
function refuseForeign(folder) {
  if (process.geteuid === undefined) return
  const stats = lstatSync(folder)
  const isOwn = stats.isDirectory() && stats.uid === process.geteuid() && (stats.mode & 0o022) === 0
  if (!isOwn) throw new Error(`${folder} is not a folder that only its owner, this user, can write to`)
}

function isComplete(folder) {
  const sizeOf = (path) => statSync(join(folder, path), { throwIfNoEntry: false })?.size
  return paths.every((path) => sizeOf(path) === getRawAsset(path).byteLength)
}
