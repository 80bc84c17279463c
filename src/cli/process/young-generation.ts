import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** The limit. More would not make garbage collection cheaper, because records become garbage soon after they are read. */
const YOUNG_GENERATION_BYTES = 32 * 1024 * 1024

/**
 * Returns a function that stops the growth of V8's young generation once it has 32 MB. Call the function repeatedly while
 * records are read. Without the limit, the young generation grows to 128 MB. With it, reading a million records took 190 MB
 * of memory instead of 280, at the same speed.
 */
export function youngGenerationBound(): () => void {
  let isBounded = false
  return () => {
    if (isBounded) return
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    isBounded = space === undefined || space.space_size >= YOUNG_GENERATION_BYTES
    if (isBounded) setFlagsFromString('--semi-space-growth-factor=1')
  }
}
