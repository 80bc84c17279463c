import { sleep } from '../../../bus/time/sleep.ts'

const PAUSE_MS = 100

/** Waits before a fetch is retried. */
export const pause = (): Promise<void> => sleep(PAUSE_MS)
