import { Args, Flags } from '@oclif/core'
import { readFlags, schemaFlag, storeFlags, timeFlags } from '../base/flags.ts'

/** The ids of letters, of which a command line may have several. */
export const idArgs = {
  id: Args.string({ description: 'Ids of the letters, as "crbus dlq list" shows them', ignoreStdin: true }),
}

/** Flags of all commands for dead letters: the bus, the event store, and where to look. */
export const placeFlags = {
  ...readFlags,
  ...timeFlags,
  store: { ...storeFlags.store, helpGroup: 'BUS' },
  topic: Flags.string({
    char: 't',
    description:
      'Dead letters in these topics, and not in the event store; * and ? are wildcards; repeatable (default: topics whose names end with -dlq, -dead-letter(s) or .DLT)',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'TOPIC',
  }),
  schema: schemaFlag,
}

/** Flags that choose letters by their events and the times of their failures. */
export const eventFilterFlags = {
  type: Flags.string({
    description: 'Only events of this type; * and ? are wildcards; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
    helpValue: 'EVENT_TYPE',
  }),
  since: Flags.string({
    description: 'Only letters that failed at this time or later, such as 2h or @2026-11-23',
    helpGroup: 'FILTER',
    helpValue: 'TIME',
  }),
  where: Flags.string({
    char: 'w',
    description: 'Only events for which this CEL expression is true; see "crbus help where"',
    helpGroup: 'FILTER',
    helpValue: 'EXPRESSION',
  }),
}

/** Flag that chooses letters by their reasons. */
export const reasonFilter = Flags.string({
  description: 'Only letters with this text in their reason',
  helpGroup: 'FILTER',
  helpValue: 'TEXT',
})

export const allFlag = Flags.boolean({ description: 'All open letters', helpGroup: 'FILTER' })
