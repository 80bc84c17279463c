import { EventBusError } from '../../../bus/errors.ts'

const LONGER = 'to wait longer: a larger timeout (milliseconds) in the options of RedpandaEventBus'

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
  const suggestions = isSet ? [...error.suggestions, LONGER] : error.suggestions
  return new EventBusError(code, message, {
    topic,
    topics,
    group,
    isPassing,
    suggestions,
    cause: error.cause,
  })
}
