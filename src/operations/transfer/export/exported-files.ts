import { statSync } from 'node:fs'
import { partPath } from './output.ts'
import { lastPart } from './scan-export.ts'

/** A written file. */
export interface ExportedFile {
  readonly path: string
  readonly bytes: number
}

/** Returns the files of an export in order: several if it is split. */
export const exportedFiles = (path: string): readonly ExportedFile[] =>
  Array.from({ length: lastPart(path) }, (_, index) => {
    const own = partPath(path, index + 1)
    return { path: own, bytes: statSync(own).size }
  })
