import { Flags } from '@oclif/core'
import { type Check, type CheckFormat, checkExitCodes, checkFormats, formatCheck } from '../../ui/format-check.ts'
import { type CheckDocument, checkDocument } from '../../ui/notes/check-message.ts'
import { inOneLine } from '../errors.ts'
import { BaseCommand } from './base-command.ts'
import { defaultInDescription } from './flags.ts'
import { anyOf } from './parse-flags.ts'

/** Flags of every check. */
export const checkFlags = {
  format: Flags.option({ options: checkFormats })({
    description: `Output format: ${anyOf(checkFormats)} (default: text)`,
    default: 'text',
    ...defaultInDescription,
    helpValue: 'FORMAT',
  }),
}

/** The paragraph about exit codes in the help of every check. */
export const CHECK_EXITS =
  'Prints one line and always ends with an exit code of Nagios plugins: 0 ok, 1 warning, 2 critical, 3 unknown. A bus that cannot be reached and an invalid flag are unknown too.'

/**
 * Base class of commands for monitoring, which knows four exit codes. A failure is the status "unknown" here, on stdout
 * like any other answer.
 */
export abstract class CheckCommand extends BaseCommand {
  static override document = 'check'

  protected format: CheckFormat = 'text'

  protected abstract readonly checkName: string
  /** Parses the flags, sets the format and checks. */
  protected abstract check(): Promise<Check>

  async run(): Promise<CheckDocument> {
    const check = checkDocument(await this.#attempt())
    process.exitCode = checkExitCodes[check.status]
    await this.print(formatCheck(check, this.format))
    return check
  }

  async #attempt(): Promise<Check> {
    try {
      return await this.check()
    } catch (error) {
      if (this.signal.aborted) throw error
      const failed = { status: 'unknown', code: 'check-failed', reason: inOneLine(error) } as const
      return { check: this.checkName, status: 'unknown', findings: [failed], measures: [] }
    }
  }
}
