import { expect, test } from 'vitest'
import { connectionFailed } from '../../../src/bus/errors.ts'
import type { Outage } from '../../../src/bus/outage.ts'
import { driverHints } from '../../../src/drivers/hints.ts'
import { OutageWatch } from '../../../src/drivers/outage-watch.ts'
import { joinOutages } from '../../../src/operations/tail/join-outages.ts'

const away = connectionFailed('127.0.0.1:9092 (refused)')

test('ends with an error that contains the limit once it is exceeded', async () => {
  const watch = new OutageWatch({ outageLimit: 5 })
  expect(watch.failed('a', away)).toBeUndefined()
  await expect
    .poll(() => watch.failed('a', away))
    .toMatchObject({
      code: 'CONNECTION_FAILED',
      message: `${away.message}; gave up after 0.005 s`,
      hints: [driverHints.raiseOutageLimit()],
      isPassing: true,
    })
})

test('starts a new outage after every part has worked again', async () => {
  const watch = new OutageWatch({ outageLimit: 5 })
  watch.failed('a', away)
  watch.failed('b', away)
  watch.worked('a')
  await expect.poll(() => watch.failed('b', away)).toBeDefined()
  watch.worked('b')
  watch.worked('b')
  expect(watch.failed('a', away)).toBeUndefined()
})

test('forgets parts that are no longer needed', async () => {
  const watch = new OutageWatch({ outageLimit: 5 })
  watch.failed(1, away)
  await expect.poll(() => watch.failed(1, away)).toBeDefined()
  watch.keepOnly((part) => part !== 1)
  expect(watch.failed(2, away)).toBeUndefined()
})

test('joins the reports of several readers about one outage', () => {
  const reports: Outage[] = []
  const report = joinOutages((outage) => void reports.push(outage))
  report?.({ state: 'lost', error: away })
  report?.({ state: 'lost', error: away })
  report?.({ state: 'restored', lasted: 1000 })
  report?.({ state: 'restored', lasted: 2000 })
  report?.({ state: 'lost', error: away })
  expect(reports).toEqual([
    { state: 'lost', error: away },
    { state: 'restored', lasted: 2000 },
    { state: 'lost', error: away },
  ])
})
