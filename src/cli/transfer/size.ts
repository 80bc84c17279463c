import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
}

/** Parses a size such as `1GB` or `512MiB` to bytes. `UsageError` if it is invalid or 0. */
export function toSize(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?) ?([kmgt]?i?)b?$/i.exec(given) ?? []
  const scale = units[unit.toLowerCase()]
  const bytes = scale === undefined ? 0 : Math.floor(Number(digits) * scale)
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UsageError(`${name} ${given} is not a size`, [flag(`${name} 1GB`)])
  }
  return bytes
}
