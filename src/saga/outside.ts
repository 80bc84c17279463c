import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Runs work outside the asynchronous context of its caller. A loop that goes on for the life of a process would otherwise
 * count as a part of the request, or the span, that happened to start it.
 */
export const outside = AsyncLocalStorage.snapshot()
