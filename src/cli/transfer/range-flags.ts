import type { FilterRequest } from '../../operations/events/event-filter.ts'
import { tailFlags } from '../base/tail-flags.ts'

const { from, to, partition, type, key, where, grep, codec, schema } = tailFlags

/** Flags that choose the records to transfer, as those of `tail`. */
export const rangeFlags = {
  from,
  to,
  partition,
  type,
  key,
  'correlation-id': tailFlags['correlation-id'],
  where,
  grep,
  codec,
  schema,
  'give-up-after': {
    ...tailFlags['give-up-after'],
    description: 'How long to wait for a bus that stops answering, such as 10m (default: a minute)',
  },
}

/** Returns the conditions of the flags. Conditions that are not given are absent. */
export function toConditions(flags: {
  readonly type?: readonly string[] | undefined
  readonly key?: string | undefined
  readonly 'correlation-id'?: string | undefined
  readonly where?: string | undefined
  readonly grep?: string | undefined
}): FilterRequest {
  const { type: types, key: ofKey, 'correlation-id': correlationId, where: expression, grep: text } = flags
  const given = { types, key: ofKey, correlationId, where: expression, grep: text }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
