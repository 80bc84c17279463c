import type { Outage } from '../../bus/outage.ts'

/**
 * Merges the outage reports of several reads of one bus. The returned function takes the reports of every read. It reports `lost`
 * when the first read loses the bus, and `restored` when all reads have continued.
 */
export function joinOutages(report: ((outage: Outage) => void) | undefined): ((outage: Outage) => void) | undefined {
  if (report === undefined) return undefined
  let lostReads = 0
  return (outage) => {
    const isLost = outage.state === 'lost'
    lostReads += isLost ? 1 : -1
    if (lostReads === (isLost ? 1 : 0)) report(outage)
  }
}
