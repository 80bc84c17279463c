/**
 * Waits for work to settle, until a time-out aborts. Resolves when the work resolves or the time-out aborts, and rejects when
 * the work rejects first. With a signal of `AbortSignal.timeout`, the wait does not keep the process alive.
 */
export async function within(timeout: AbortSignal, work: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>()
  const onOver = () => over.resolve()
  timeout.addEventListener('abort', onOver)
  if (timeout.aborted) onOver()
  try {
    await Promise.race([work, over.promise])
  } finally {
    timeout.removeEventListener('abort', onOver)
  }
}
