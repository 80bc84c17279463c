import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Runs work outside the asynchronous context of its caller. A loop that runs for the life of the process would otherwise
 * belong to the request or the span that happened to start it.
 */
export const outside = AsyncLocalStorage.snapshot()
