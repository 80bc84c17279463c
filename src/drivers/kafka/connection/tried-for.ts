import { EventBusError } from '../../../bus/errors.ts'

const LONGER = 'to wait longer: a larger timeout (milliseconds) in the options of RedpandaEventBus'

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toFixed(1))} s`

/**
 * The error of a request that was tried until its limit was over, with both in the message.
 *
 * @param tried Milliseconds from the first attempt to the end of the last, which may be longer than the limit.
 * @param limit Milliseconds.
 * @param isSet Whether the option `timeout` makes the limit longer; then it is suggested.
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
