import type { Part } from './part.ts'

/** The aggregates and sagas that this service runs. `crbus new aggregate` and `crbus new saga` add to the list. */
export const parts: readonly Part[] = []
