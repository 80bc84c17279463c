import { Errors } from '@oclif/core'
import { expect, test } from 'vitest'
import { connectionFailed } from '../../../src/bus/errors.ts'
import { formatFailure, toFailure } from '../../../src/cli/errors.ts'
import { driverHints } from '../../../src/drivers/hints.ts'

test('shows a message of the parser without the codes of its colors', () => {
  const error = new Errors.CLIError('The following error occurred:\n  \u001b[2mMissing required flag group\u001b[22m')
  expect(formatFailure(toFailure(error))).toBe(
    'error: The following error occurred:\n  Missing required flag group (CRBUS_USAGE)\n',
  )
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
