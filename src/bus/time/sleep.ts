import { monotonicClock } from './monotonic-clock.ts'

/**
 * Resolves after so many milliseconds, or as soon as the signal aborts; never rejects. Keeps the process alive, because a
 * caller waits. To limit the time of other work without that, see `within`.
 */
export function sleep(milliseconds: number, signal?: AbortSignal, clock = monotonicClock): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const wake = () => {
      cancel()
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(milliseconds, wake)
    signal?.addEventListener('abort', wake)
  })
}
