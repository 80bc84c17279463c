import { monotonicClock } from './monotonic-clock.ts'

/**
 * Resolves after so many milliseconds, or as soon as the signal aborts; never rejects. The timer keeps the process alive; to
 * limit the time of other work without keeping the process alive, use `within`.
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
