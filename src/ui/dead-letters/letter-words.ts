import { positionName } from '../../bus/names/names.ts'
import type { NotEditable } from '../../operations/dead-letters/edit.ts'
import type { Claim } from '../../operations/dead-letters/sending/claim.ts'
import type { SkipCode } from '../../operations/dead-letters/sending/outgoing.ts'
import type { SkipCount } from '../../operations/dead-letters/skip-tally.ts'
import { plural } from '../text/listed.ts'

const skipWords: Readonly<Record<SkipCode, string>> = {
  'no-topic': 'the topic that it came from is not known; name one with --to',
  'topic-missing': 'the topic that it came from does not exist; name another one with --to',
  'retried-too-often': 'it was retried as often as --max-retries allows, and failed each time',
  'not-open': 'it is resolved or discarded already',
  'being-retried': 'another crbus process is retrying it',
  'being-processed': 'another program has set its status to processing',
  'changed-meanwhile': 'another program changed its status meanwhile',
  'outcome-unknown':
    'a retry of it was interrupted, and the records after it are deleted, so it is not known whether it was sent',
}

/** Returns the sentence about letters that are left as they are. */
export function skipText({ code, count, ids }: SkipCount): string {
  const more = count > ids.length ? ` and ${count - ids.length} more` : ''
  return `${plural(count, 'dead letter')} skipped (${ids.join(', ')}${more}): ${skipWords[code]}`
}

/** Returns why a payload cannot be edited. */
export function notEditableText(problem: NotEditable): string {
  switch (problem.code) {
    case 'tombstone':
      return 'the record has no value'
    case 'undecodable':
      return `its payload cannot be decoded: ${problem.reason}`
    case 'not-exact':
      return `its payload has values of ${problem.codec} that JSON does not have, so encoding it again would change them`
    case 'old-envelope':
      return `its envelope is ${problem.envelope}, which crbus reads and does not write`
  }
}

/** Describes a claim, which is JSON in the notes of a letter. */
export const claimText = ({ topic, partition, from, processId }: Claim): string =>
  `process ${processId} sends it to ${positionName({ topic, partition, offset: from })} or later; "crbus dlq retry" continues if the process has ended`
