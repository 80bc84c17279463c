import { Chalk } from 'chalk'
import { expect, test } from 'vitest'
import { serializedEvent } from '../../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../../src/codecs/envelope.ts'
import { viewOf } from '../../../../src/operations/events/event-view.ts'
import { fitColumns, rowLine } from '../../../../src/ui/live/columns/fit-columns.ts'
import { recordColumns } from '../../../../src/ui/live/columns/record-columns.ts'
import { palette } from '../../../../src/ui/live/text/palette.ts'
import { recordRow } from '../../../../src/ui/records/record-row.ts'

const chalk = new Chalk({ level: 1 })

function rowOf(value: Buffer | null) {
  const record = { topic: 't', partition: 0, offset: 7n, timestamp: 0n, key: null, value, headers: [] }
  return recordRow(viewOf(record), { timeZone: 'utc', now: () => 0 })
}

function eventOf(type: string) {
  const encoded = encodeEnvelope(serializedEvent(type, Buffer.from('{}')), 'bincode')
  return rowOf(encoded.ok ? Buffer.from(encoded.bytes) : null)
}

test.each([
  ['a failure', eventOf('PaymentFailed.v1'), chalk.bold.red('PaymentFailed.v1')],
  ['a compensation', eventOf('StockReleased.v1'), chalk.bold.yellow('StockReleased.v1')],
  ['another event', eventOf('OrderPlaced.v1'), chalk.bold.cyan('OrderPlaced.v1')],
  ['an undecodable record', rowOf(Buffer.from([0, 1, 2, 0xff])), chalk.red('undecodable')],
])('%s has the color in the list of events that it has in tail', (_, row, expected) => {
  const columns = fitColumns(recordColumns([row], 1, palette(true)), 100)
  expect(rowLine(columns, row, 100)).toContain(expected)
})
