import { expect, test } from 'vitest'
import type { GroupReport } from '../../../src/operations/groups/groups.ts'
import { formatGroup } from '../../../src/ui/format-group.ts'

test('the address of a coordinator of IPv6 is in brackets', () => {
  const report: GroupReport = {
    group: 'billing',
    state: 'Empty',
    type: 'classic',
    protocol: '',
    members: [],
    topics: [],
    isAutoNamed: false,
    coordinator: { id: 1, host: '::1', port: 9092 },
    offsets: [],
    lag: null,
  }
  expect(formatGroup(report, undefined)).toContain('COORDINATOR  1 ([::1]:9092)')
})
