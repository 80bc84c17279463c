import type { CommitDetails, CommittedOffset } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import { advice } from '../../bus/hints.ts'
import {
  fieldsIn,
  isCommitDetails,
  isFields,
  isTopicPartition,
  type JsonFields,
  readFields,
  toOffset,
} from './json-fields.ts'

/**
 * Reads offsets from a file: a list of `{topic, partition, offset}`, the JSON output of `groups describe` (its committed
 * offsets), a plan file (the offsets after the change) or an undo file (the offsets before the change). Throws `REFUSED` if an
 * entry is invalid or the file holds no offsets.
 */
export async function readOffsetsFile(path: string): Promise<CommittedOffset[]> {
  const found = await readFields(path, hints)
  const entries = Array.isArray(found) ? found : ((found.offsets ?? found.steps) as unknown)
  const offsets = fieldsIn(entries).flatMap((entry, index): CommittedOffset[] => {
    const offset = toOffset(entry.committed ?? entry.offset ?? entry.before ?? entry.to ?? null)
    const details = detailsIn(entry)
    if (offset === undefined || !isTopicPartition(entry) || !isCommitDetails(details)) {
      throw new EventBusError('REFUSED', `${path}: entry ${index} has no valid topic, partition and offset`, {
        hints,
      })
    }
    if (offset === null) return []
    const { topic, partition } = entry
    return [{ topic, partition, offset, ...(details as CommitDetails | undefined) }]
  })
  if (offsets.length === 0) throw new EventBusError('REFUSED', `${path} holds no offsets`, { hints })
  return offsets
}

const hints = [advice('write a list such as [{"topic": "order-events", "partition": 0, "offset": 47}]')]

/**
 * Returns the metadata and leader epoch of an entry. In the output of `groups describe`, they are fields of the entry; in plan
 * files and undo files, they are fields of an object in the entry.
 */
function detailsIn({
  committed,
  offset,
  before,
  metadata,
  leaderEpoch,
  beforeDetails,
  toDetails,
}: JsonFields): unknown {
  const isListed = (committed ?? offset ?? null) !== null
  const listed = { metadata, leaderEpoch: leaderEpoch ?? undefined }
  const details = isListed ? listed : (before ?? null) === null ? toDetails : beforeDetails
  if (!isFields(details)) return details
  // Empty metadata means that there is none; absent metadata means that it is not known.
  const isNone = details.metadata === null || (!isListed && details.metadata === undefined)
  return isNone ? { ...details, metadata: '' } : details
}
