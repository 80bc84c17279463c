/**
 * Resolves or rejects with the work, or resolves when the time-out aborts first. With a signal of `AbortSignal.timeout`, the
 * wait does not keep the process alive.
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
