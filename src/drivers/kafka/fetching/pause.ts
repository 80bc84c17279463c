const PAUSE_MS = 100

/** Waits before a fetch is retried. */
export const pause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS))
