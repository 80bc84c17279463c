import { describe, expect, test } from 'vitest'
import type { Header } from '../../../src/bus/record.ts'
import { readTraceHeaders, toTraceContext, traceHeaders } from '../../../src/codecs/trace-headers.ts'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const header = (name: string, text: string): Header => [name, Buffer.from(text)]

test('readTraceHeaders reads what traceHeaders writes', () => {
  const context = { traceparent: TRACEPARENT, tracestate: 'congo=t61rcWkgMzE' }

  expect(readTraceHeaders(traceHeaders(context))).toEqual(context)
})

test('the last of several headers with one name counts', () => {
  const other = TRACEPARENT.replace('b7', 'c8')

  expect(readTraceHeaders([header('traceparent', TRACEPARENT), header('traceparent', other)])).toEqual({
    traceparent: other,
  })
})

test('a traceparent of a later version may have more fields', () => {
  const later = `${TRACEPARENT.replace('00', 'cc')}-what-comes-then`

  expect(readTraceHeaders([header('traceparent', later)])).toEqual({ traceparent: later })
})

describe.each([
  ['an empty string', ''],
  ['a trace id of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
  ['a span id of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
  ['the version ff', TRACEPARENT.replace('00', 'ff')],
  ['upper case', TRACEPARENT.toUpperCase()],
  ['a trace id that is too short', TRACEPARENT.replace('0af', '0a')],
  ['a line break', `${TRACEPARENT}-\n`],
  ['a terminal escape', `${TRACEPARENT}-\u001b[31m`],
  ['more fields than version 00 has', `${TRACEPARENT}-more`],
  ['an overlong text', `${TRACEPARENT}-${'a'.repeat(10_000)}`],
])('a traceparent with %s', (_, text) => {
  test('an invalid traceparent is not read from a header', () => {
    expect(readTraceHeaders([header('traceparent', text)])).toBeUndefined()
  })

  test('an invalid traceparent is not written to a header', () => {
    expect(traceHeaders({ traceparent: text })).toEqual([])
  })
})

test.each([undefined, null, 5, 'text', {}, { traceparent: 5 }, { traceparent: [TRACEPARENT] }])(
  '%j is not a trace context',
  (fields) => {
    expect(toTraceContext(fields)).toBeUndefined()
  },
)

test('a header without a value is ignored', () => {
  expect(readTraceHeaders([['traceparent', null]])).toBeUndefined()
})

test('an invalid tracestate leaves the traceparent', () => {
  const tooLong = `a=${'b'.repeat(600)}`

  expect(readTraceHeaders([header('traceparent', TRACEPARENT), header('tracestate', tooLong)])).toEqual({
    traceparent: TRACEPARENT,
  })
  expect(traceHeaders({ traceparent: TRACEPARENT, tracestate: 'a=\u0007' }).map(([name]) => name)).toEqual([
    'traceparent',
  ])
})
