import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { advice } from '../../../bus/hints.ts'
import { fileRefused } from '../../../files/file-refused.ts'
import { findUp } from '../../../files/find-up.ts'
import { isFolder } from '../../../files/make-folder.ts'
import { writeWhole } from '../../../files/write-whole.ts'
import { SAGAS_FOLDER } from './find-sagas.ts'

/** The file that a description is written to, and whether it exists. */
export interface DescriptionTarget {
  readonly path: string
  readonly exists: boolean
}

/** Returns the target of a description: the file `out`, else one in the folder `sagas` of the project. */
export function targetOf(saga: string, cwd: string, out: string | undefined): DescriptionTarget {
  const folder = findUp(cwd, SAGAS_FOLDER, isFolder) ?? join(cwd, SAGAS_FOLDER)
  const path = resolve(cwd, out ?? join(folder, `${saga}.json`))
  return { path, exists: existsSync(path) }
}

/** Writes a description completely or not at all. Throws `REFUSED` if it cannot be written, or if a new file exists by now. */
export function writeDescription({ path, exists }: DescriptionTarget, text: string): void {
  try {
    writeWhole(path, text, { isNew: !exists, folderMode: 0o777 })
  } catch (error) {
    throw fileRefused('the description', path, error, [advice('write the description to a folder that can be written')])
  }
}
