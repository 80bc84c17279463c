import type { Outage } from '../../bus/outage.ts'

/**
 * Merges the outage reports of several reads of one bus: reports `lost` once when the first read loses the bus, and `restored`
 * once when all reads have continued.
 */
export function joinOutages(report: ((outage: Outage) => void) | undefined): ((outage: Outage) => void) | undefined {
  if (report === undefined) return undefined
  let lost = 0
  return (outage) => {
    if (outage.state === 'lost') lost += 1
    else lost -= 1
    if (lost === (outage.state === 'lost' ? 1 : 0)) report(outage)
  }
}
