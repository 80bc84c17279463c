import { Errors } from '@oclif/core'
import { expect, test } from 'vitest'
import { formatFailure, toFailure } from '../../../src/cli/errors.ts'

test('shows a message of the parser without the codes of its colors', () => {
  const error = new Errors.CLIError('The following error occurred:\n  \u001b[2mMissing required flag group\u001b[22m')
  expect(formatFailure(toFailure(error))).toBe(
    'error: The following error occurred:\n  Missing required flag group (CRBUS_USAGE)\n',
  )
})
