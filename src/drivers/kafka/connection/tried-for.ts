import { EventBusError } from '../../../bus/errors.ts'
import { driverHints } from '../../hints.ts'

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toFixed(1))} s`

/**
 * Adds to the error of a request how long it was retried and the limit.
 *
 * @param tried Milliseconds from the first attempt to the end of the last, which may exceed the limit.
 * @param limit Milliseconds.
 * @param isSet Whether a larger option `timeout` raises the limit; the error then suggests it.
 */
export function triedFor(error: EventBusError, tried: number, limit: number, isSet: boolean): EventBusError {
  const { code, topic, topics, group, isPassing } = error
  const message = `${error.message}; tried for ${seconds(tried)}, the limit is ${seconds(limit)}`
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
