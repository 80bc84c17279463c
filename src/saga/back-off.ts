/** Returns the back-off before the next attempt in milliseconds: 50, 100, 200, … up to five seconds. */
export const pauseAfter = (failures: number): number => Math.min(5000, 50 * 2 ** Math.min(failures - 1, 10))
