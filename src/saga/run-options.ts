import {
  aCount,
  aFunction,
  aList,
  aLogger,
  aSignal,
  aText,
  checkFields,
  checkOptions,
  having,
  type OptionCheck,
  type OptionChecks,
  oneOf,
  required,
} from '../bus/options.ts'
import type { Action } from './action.ts'
import type { Aggregate } from './aggregate.ts'
import type { RunOptions } from './runtime/running.ts'
import type { Saga } from './saga.ts'

const runChecks: OptionChecks<RunOptions> = {
  bus: required(having('an event bus', 'publish', 'subscribe')),
  store: required(having('an event store', 'commit', 'readStream')),
  group: aText,
  autoOffsetReset: oneOf('earliest', 'latest'),
  cacheSize: aCount(),
  clock: having('an object with now()', 'now'),
  signal: aSignal,
  onError: aFunction,
  onRejected: aFunction,
  logger: aLogger,
}

const anObject = required(having('an object'))
const anything: OptionCheck = { allowed: 'anything', fits: () => true }
const aCodec = required(having('a codec, such as one of cborCodec', 'encode', 'decode'))

type Definition = Aggregate<unknown, Action> | Saga<unknown, Action>

const definition = { name: required(aText), reduce: required(aFunction), codec: aCodec } satisfies Partial<
  OptionChecks<Definition>
>

/** Throws a `TypeError` for an unknown or invalid option of `runAggregate`, and for an incomplete aggregate. */
export function checkRunAggregate(options: { readonly aggregate: unknown }): void {
  checkOptions('runAggregate', options, { ...runChecks, aggregate: anObject, env: anything })
  checkFields('the aggregate', options.aggregate, {
    ...definition,
    events: required(aText),
    commands: required(aText),
    idOf: required(aFunction),
  })
}

/** Throws a `TypeError` for an unknown or invalid option of `runSaga`, and for an incomplete saga. */
export function checkRunSaga(options: { readonly saga: unknown }): void {
  checkOptions('runSaga', options, { ...runChecks, saga: anObject, topics: aList, env: anything })
  checkFields('the saga', options.saga, { ...definition, topics: required(aList), correlate: aFunction })
}
