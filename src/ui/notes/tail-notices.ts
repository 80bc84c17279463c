import { partitionName } from '../../bus/names/names.ts'
import type { TailNotice } from '../../operations/tail/notices.ts'
import type { UnseenType } from '../../operations/tail/similar-types.ts'
import { formatTime, type TimeZone } from '../text/format-time.ts'
import { plural } from '../text/listed.ts'

/** The most topics that the notice about a missing topic lists. */
const MAX_LISTED = 10

/** Returns the sentence of a notice, without a full stop. It shows times in the zone `timeZone`. */
export function tailNoticeText(notice: TailNotice, timeZone: TimeZone): string {
  switch (notice.code) {
    case 'offset-replaced': {
      const { start, end, lastStable, wanted, offset } = notice
      const held = lastStable === undefined ? '' : `, with a transaction open at ${lastStable}`
      return `${partitionName(notice)} holds ${start} to ${end}${held}: offset ${wanted} was replaced by ${offset}`
    }
    case 'ends-at-transaction': {
      const { offset, held } = notice
      const offsets = `${held} offset${held === 1n ? '' : 's'}`
      return `a transaction is open in ${partitionName(notice)} at offset ${offset}: the ${offsets} from there on can be read after the transaction has ended`
    }
    case 'events-not-searched': {
      const { others, offsets } = notice
      const read = others === 0 ? 'was' : `and ${others} more partition${others === 1 ? '' : 's'} were`
      const until = formatTime(notice.until, timeZone)
      const exactly = new Date(notice.until).toISOString()
      return `${partitionName(notice)} ${read} read to ${offsets} offsets after the first event at or after ${until}; events with earlier timestamps after that are not shown: to check every event, replace --to by --where 'timestamp < timestamp("${exactly}")'`
    }
    case 'topics-awaited':
      return `waiting for topic ${notice.topics.join(', ')} to be created (${existingText(notice)})`
    case 'nothing-committed':
      return `group ${notice.group} has committed nothing on ${partitionName(notice)}`
    case 'group-at-end':
      return `group ${notice.group} is at the end of ${partitionName(notice)}: it has committed offset ${notice.offset}`
    case 'index-used':
      return `the index covers ${plural(notice.indexed, 'offset')}; ${notice.scanned === 0n ? 'nothing more is read from the topics' : `${plural(notice.scanned, 'more offset')} ${notice.scanned === 1n ? 'is' : 'are'} read from the topics ("crbus index" adds them)`}`
    case 'index-unusable':
      return `all events are read, without the index: ${notice.reason}; "crbus index delete" deletes it`
    case 'topic-added':
      return `topic ${notice.topic} was created and is followed too`
    case 'partitions-added':
      return `partitions were added to ${notice.topic} and are followed too: ${notice.partitions.join(', ')}`
  }
}

function existingText({ similar, existing }: Extract<TailNotice, { readonly code: 'topics-awaited' }>): string {
  if (similar !== undefined) return `did you mean ${similar}?`
  if (existing.length === 0) return 'no topic exists yet'
  const named = [...existing.slice(0, MAX_LISTED), ...(existing.length > MAX_LISTED ? ['…'] : [])]
  return `existing topics: ${named.join(', ')}`
}

/** Says that an event type is probably misspelled. */
export const unseenTypeText = ({ eventType, similar }: UnseenType): string =>
  `no event has the type ${eventType} yet; did you mean ${similar.join(' or ')}?`
