import { expect, test } from 'vitest'
import type { LagReport } from '../../../src/operations/lag/report.ts'
import { formatLagReport, type LagReportStyle } from '../../../src/ui/lag/format-report.ts'
import { group, groupOf, partitionLag, report } from './live/reports.ts'

const MEMBER = 'shipping-service-7f9c4b6d8-x2x4z-45830297-8a06-46e0-80a0-41b3c6ee3ccf'

const linesOf = (shown: LagReport, style: Partial<LagReportStyle> = {}) =>
  [...formatLagReport(shown, { color: false, width: 140, bus: undefined, partitions: false, ...style })]
    .join('')
    .split('\n')

test('names the profile with its guard, the brokers and the cluster', () => {
  const bus = { kind: 'kafka', brokers: 'kafka-1:9092', clusterId: 'abc', profile: 'prod', guard: 'protected' } as const
  expect(linesOf(report(group('a')), { bus })[0]).toBe('on prod: kafka-1:9092 (cluster abc), protected')
  expect(linesOf(report(group('a')), { bus, width: 20 })[0]).toBe('on prod: k…protected')
})

test('shortens the id of a member to 24 cells, except with --wide', () => {
  const shown = report(groupOf('shipping', [partitionLag(0, { memberId: MEMBER })]))
  expect(linesOf(shown, { partitions: true }).join('\n')).toMatch(/ shipping-ser…\S{11}\n/)
  expect(linesOf(shown, { partitions: true, width: undefined }).join('\n')).toContain(MEMBER)
})

test('shows numbers in full with --wide only', () => {
  const shown = report(group('a', { lag: 12_345_678n }))
  expect(linesOf(shown).join('\n')).toContain(' 12.3M ')
  expect(linesOf(shown, { width: undefined }).join('\n')).toContain(' 12345678 ')
})

test('never shortens a verdict, and has no bars, on a terminal of 80 columns', () => {
  const parts = [partitionLag(0, { verdict: 'never-committed' }), partitionLag(1)]
  const shown = report(
    groupOf('very-long-'.repeat(24), parts, {
      verdict: 'never-committed',
      lag: 5n,
      rates: { in: 1, out: 1, catchUp: 0 },
    }),
  )
  const lines = linesOf(shown, { width: 80 })
  expect(lines[3]).toMatch(/^never-committed 1\/2 {2}very-long\S*…/)
  expect(lines.join('\n')).not.toContain('█')
  expect(linesOf(shown, { width: 140 }).join('\n')).toContain('█')
})

test('colors the counts and the cells of verdicts', () => {
  const red = '\u001b[31m'
  const text = linesOf(report(group('a', { verdict: 'stopped' })), { color: true }).join('\n')
  expect(text.split(`${red}1 stopped`)).toHaveLength(2)
  expect(text.split(`${red}stopped`)).toHaveLength(2)
})
