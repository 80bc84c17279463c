import { EventBusError } from '../../../bus/errors.ts'
import { driverHints } from '../../hints.ts'

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toFixed(1))} s`

/**
 * Adds to the error of a request for how long the request was retried, and the limit.
 *
 * @param tried Milliseconds from the first attempt to the end of the last, which may exceed the limit.
 * @param limit How long a request may be retried, in milliseconds.
 * @param isSet Whether a larger option `timeout` would raise the limit. If so, a hint suggests it.
 */
export function triedFor(error: EventBusError, tried: number, limit: number, isSet: boolean): EventBusError {
  const { code, topic, topics, group, isPassing } = error
  const message = `${error.message}; tried for ${seconds(tried)}, and no attempt begins after ${seconds(limit)}`
  const hints = isSet ? [...error.hints, driverHints.raiseTimeout()] : error.hints
  return new EventBusError(code, message, {
    topic,
    topics,
    group,
    isPassing,
    hints,
    cause: error.cause,
  })
}
