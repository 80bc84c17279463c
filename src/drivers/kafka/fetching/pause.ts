import { sleep } from '../../../bus/time/sleep.ts'

/** The same as the default of `retry.backoff.ms` of Kafka's clients. */
const PAUSE_MS = 100

/** Waits before a fetch is retried. */
export const pause = (): Promise<void> => sleep(PAUSE_MS)
