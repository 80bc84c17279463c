import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { compareText } from '../../bus/compare.ts'
import { withLines } from '../../bus/errors.ts'
import { causeOf } from '../../files/cause.ts'
import { scaffoldHints } from '../hints.ts'
import { ScaffoldRefused } from '../refused.ts'
import { ManifestReader, type Template, type TemplateFile } from './manifest.ts'

const MANIFEST = 'template.json'
/** The folder with the files of the template, beside its manifest. */
const FILES = 'files'
/** Folders that are not part of a template: building or testing it leaves them behind. */
const ignoredFolders = new Set(['node_modules', 'target', 'dist', '.git', '.crbus'])

/**
 * Limits of an untrusted template. They are far above the largest template of crbus (40 files, 60 kB), and low enough that a template
 * can neither fill the disk nor keep crbus busy for minutes.
 */
const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_FILES = 2000
const MAX_BYTES = 16 * 1024 * 1024
/** All text files together. Replacing the maximum number of words in 1 MiB of text takes seconds. */
const MAX_TEXT_BYTES = 1024 * 1024
const MAX_FOLDER_DEPTH = 32

/**
 * Reads a template with all of its files. Throws `ScaffoldRefused` with all mistakes of its manifest, or with the file or folder that
 * cannot be read and the reason.
 */
export function loadTemplate(folder: string): Template {
  try {
    return readTemplate(folder)
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException
    if (error instanceof ScaffoldRefused || code === undefined) throw error
    throw new ScaffoldRefused(`the template ${folder} cannot be read: ${causeOf(error, path)}`, [
      scaffoldHints.nameTemplate(),
    ])
  }
}

function readTemplate(folder: string): Template {
  const manifest = join(folder, MANIFEST)
  const stats = lstatSync(manifest, { throwIfNoEntry: false })
  if (stats === undefined) {
    throw new ScaffoldRefused(`${folder} is not a template: it has no ${MANIFEST}`, [
      scaffoldHints.advice('see templates/README.md for how to write a template'),
    ])
  }
  if (!stats.isFile()) throw new ScaffoldRefused(`${manifest} must be a file, but is ${describeKind(stats, manifest)}`)
  if (stats.size > MAX_MANIFEST_BYTES) throw new ScaffoldRefused(`${manifest} is larger than 1 MiB`)
  const reader = new ManifestReader()
  const read = reader.read(readFileSync(manifest, 'utf8'))
  const files = filesIn(join(folder, FILES))
  if (read !== undefined) {
    const known = new Set(files.map(({ path }) => path))
    for (const [path, { generate }] of read.rules) {
      if (!known.has(path) && generate === undefined) reader.problem(`files.${path}`, `${FILES}/${path} does not exist`)
    }
    for (const path of read.json.keys()) {
      if (!known.has(path)) reader.problem(`json.${path}`, `${FILES}/${path} does not exist`)
    }
  }
  if (read === undefined || reader.problems.length > 0) {
    throw new ScaffoldRefused(withLines(`${manifest} is not the manifest of a template`, reader.problems), [
      scaffoldHints.advice('see templates/README.md for the keys of a manifest'),
    ])
  }
  return { ...read, folder, files }
}

/** Reads the files of a template. Throws `ScaffoldRefused` for a link, which may lead out of the template, and for other special files. */
function filesIn(folder: string): TemplateFile[] {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) return []
  if (!stats.isDirectory())
    throw new ScaffoldRefused(`${folder} must be a folder, but is ${describeKind(stats, folder)}`)
  const files: TemplateFile[] = []
  let bytes = 0
  let textBytes = 0
  const walk = (path: string, depth: number): void => {
    if (depth > MAX_FOLDER_DEPTH)
      throw new ScaffoldRefused(`${folder} has more than ${MAX_FOLDER_DEPTH} levels of folders`)
    const entries = readdirSync(join(folder, path), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => compareText(a.name, b.name))) {
      if (ignoredFolders.has(entry.name)) continue
      const inner = path === '' ? entry.name : `${path}/${entry.name}`
      const full = join(folder, inner)
      if (entry.isDirectory()) {
        walk(inner, depth + 1)
        continue
      }
      if (!entry.isFile()) {
        throw new ScaffoldRefused(
          `${full} is ${describeKind(entry, full)}; a template may only contain files and folders`,
        )
      }
      const { size, mode } = lstatSync(full)
      bytes += size
      if (bytes > MAX_BYTES) throw new ScaffoldRefused(`${folder} has more than 16 MiB of files`)
      if (files.length === MAX_FILES) throw new ScaffoldRefused(`${folder} has more than ${MAX_FILES} files`)
      const content = textOf(readFileSync(full))
      if (typeof content === 'string') textBytes += size
      if (textBytes > MAX_TEXT_BYTES) throw new ScaffoldRefused(`${folder} has more than 1 MiB of text`)
      files.push({ path: inner, content, isExecutable: (mode & 0o100) !== 0 })
    }
  }
  walk('', 1)
  return files
}

const describeKind = (kind: Pick<Dirent, 'isSymbolicLink' | 'isDirectory' | 'isFile'>, path: string): string =>
  kind.isSymbolicLink()
    ? `a link to ${readlinkSync(path)}`
    : kind.isDirectory()
      ? 'a folder'
      : kind.isFile()
        ? 'a file'
        : 'neither a file nor a folder'

/** Returns the text of a file, or its bytes if the file is not UTF-8 text. Such a file is copied unchanged. */
function textOf(bytes: Buffer): string | Uint8Array {
  if (bytes.includes(0)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes
  }
}
