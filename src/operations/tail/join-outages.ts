import type { Outage } from '../../bus/outage.ts'

/**
 * Makes one report of what several readings of one bus report: `lost` with the first of them, `restored` once all of them
 * go on.
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
