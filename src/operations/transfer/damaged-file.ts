import { EventBusError } from '../../bus/errors.ts'
import { operationHints } from '../hints.ts'
import type { Damage } from './frames/frame-reader.ts'

/** Builds the error for a damaged file of frames. */
export function damagedFile(path: string, { position, reason, isTorn }: Damage): EventBusError {
  const hints = isTorn ? [operationHints.resumeExport(), operationHints.skipDamaged()] : [operationHints.skipDamaged()]
  return new EventBusError('REFUSED', `${path} is damaged at byte ${position}: ${reason}`, { hints })
}
