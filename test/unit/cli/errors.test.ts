import { Errors } from '@oclif/core'
import { expect, test } from 'vitest'
import { connectionFailed, withLines } from '../../../src/bus/errors.ts'
import { formatFailure, inOneLine, toFailure, UsageError } from '../../../src/cli/errors.ts'
import { run } from '../../../src/cli/suggestions.ts'
import { driverHints } from '../../../src/drivers/hints.ts'

test('shows a message of the parser on one line without the codes of its colors', () => {
  const error = new Errors.CLIError('The following error occurred:\n  \u001b[2mMissing required flag group\u001b[22m')
  expect(formatFailure(toFailure(error))).toBe(
    'error: The following error occurred: Missing required flag group (CRBUS_USAGE)\n',
  )
})

test('a name with a line break cannot fake a line of an error or a suggestion', () => {
  const error = new UsageError("group 'a\nerror: b\n  try: rm -r ~' does not exist", [run("crbus lag --group 'a\nb'")])
  expect(formatFailure(toFailure(error))).toBe(
    "error: group 'a\\nerror: b\\n  try: rm -r ~' does not exist (CRBUS_USAGE)\n  try: crbus lag --group 'a\\nb'\n",
  )
})

test('a list in a message is printed in lines, each of them escaped, and in monitoring on one line', () => {
  const error = new UsageError(withLines('events.rs cannot be imported', ['a is not a type', 'b\rc']))
  expect(formatFailure(toFailure(error))).toBe(
    'error: events.rs cannot be imported\n  - a is not a type\n  - b\\rc (CRBUS_USAGE)\n',
  )
  expect(inOneLine(error)).toBe('events.rs cannot be imported; a is not a type; b\rc')
})

test('names the flag of the command for an option of the library, and nothing if the command has no such flag', () => {
  const error = connectionFailed('127.0.0.1:9092 (refused)', {
    hints: [driverHints.raiseOutageLimit(), driverHints.raiseMaxBatchBytes(4096)],
  })
  const suggestionsOf = (flags: object) => toFailure(error, {}, { ...flags }).suggestions
  expect(suggestionsOf({ 'give-up-after': {}, 'max-batch-bytes': {} })).toEqual([
    { flag: '--give-up-after 10m', note: 'waits longer for a bus that stops answering' },
    { flag: '--max-batch-bytes 4096', note: 'allows larger batches; or set maxBatchBytes in crbus.json' },
  ])
  expect(suggestionsOf({})).toEqual([])
})
