import { expect, test } from 'vitest'
import type { Finding } from '../../../src/operations/doctor/finding.ts'
import { formatFindings } from '../../../src/ui/format-doctor.ts'

const finding: Finding = { code: 'group-without-members', group: 'billing', severity: 'error', hints: [] }
const remedies = [
  { text: 'start a service that subscribes with this group', isTyped: false },
  { text: 'crbus groups list --a-long-flag (lists the groups)', isTyped: true },
]

test('breaks sentences at the width of a terminal, but no command', () => {
  expect(formatFindings([{ finding, remedies }], { color: false, columns: 32 })).toBe(
    [
      "error    group 'billing' has no",
      '         members',
      '    why: nothing reads for the',
      '         group',
      '    try: start a service that',
      '         subscribes with this',
      '         group',
      '    try: crbus groups list --a-long-flag (lists the groups)',
      '',
    ].join('\n'),
  )
})

test('colors only the mark, and breaks no line of a pipe', () => {
  expect(formatFindings([{ finding, remedies: [] }], { color: true, columns: undefined })).toBe(
    "\u001b[31m✗\u001b[39m group 'billing' has no members\n    why: nothing reads for the group\n",
  )
})
