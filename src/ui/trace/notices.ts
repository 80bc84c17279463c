import type { GatherNotice } from '../../operations/trace/gather-request.ts'
import { tailNoticeText } from '../notes/tail-notices.ts'
import { skippedText } from '../notes/unreadable.ts'
import type { TimeZone } from '../text/format-time.ts'

/** Returns the sentence of a notice about a search, without a full stop. */
export function gatherNoticeText(notice: GatherNotice, timeZone: TimeZone): string {
  switch (notice.code) {
    case 'limit-reached':
      return `more than ${notice.limit} messages belong to the conversation: the others are left out (--limit)`
    case 'too-large':
      return `the messages of the conversation have more than ${notice.bytes / 1024 / 1024} MiB: the others are left out`
    case 'links-not-searched':
      return `messages without the correlation id were not searched for: ${notice.offsets} records were published in the time of the conversation`
    case 'unreadable-skipped':
      return skippedText(notice)
    default:
      return tailNoticeText(notice, timeZone)
  }
}
