import type { Part } from './part.ts'

/** What this service runs; `crbus new aggregate` and `crbus new saga` add to it. */
export const parts: readonly Part[] = []
