import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

/** Parses the value of --speed: `1x`, `10x`, `0.5x`. `UsageError` if it is invalid or 0. */
export function toSpeed(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const speed = /^\d{1,6}(\.\d{1,6})?x?$/.test(given) ? Number(given.replace('x', '')) : 0
  if (speed > 0) return speed
  throw new UsageError(`--speed ${given} is not a factor`, [flag('--speed 10x')])
}
