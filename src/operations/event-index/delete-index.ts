import { lstatSync, rmSync } from 'node:fs'
import { EventBusError } from '../../bus/errors.ts'
import { causeAfterPath } from '../../files/cause.ts'
import { INDEX_ENDINGS, indexBytes } from './index-status.ts'

/** The deletion of an index. */
export interface DeleteIndexPlan {
  readonly file: string
  /** Whether there is an index. */
  readonly exists: boolean
  readonly bytes: number
}

/** Plans the deletion of an index. Does not open the file, which may be damaged. */
export function planDeleteIndex(path: string): DeleteIndexPlan {
  const exists = INDEX_ENDINGS.some((end) => lstatSync(`${path}${end}`, { throwIfNoEntry: false }) !== undefined)
  return { file: path, exists, bytes: exists ? indexBytes(path) : 0 }
}

/** Deletes an index. A process that writes it notices at its next commit and ends. Throws `REFUSED` if a file remains. */
export function deleteIndex({ file }: DeleteIndexPlan): void {
  for (const ending of INDEX_ENDINGS) {
    const path = `${file}${ending}`
    try {
      rmSync(path, { force: true })
    } catch (error) {
      throw new EventBusError('REFUSED', `${path} cannot be deleted: ${causeAfterPath(error, path)}`, { cause: error })
    }
  }
}
