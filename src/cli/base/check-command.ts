import { Flags } from '@oclif/core'
import { type Check, type CheckFormat, checkExitCodes, checkFormats, formatCheck } from '../../ui/format-check.ts'
import { type CheckDocument, checkDocument } from '../../ui/notes/check-message.ts'
import { inOneLine } from '../errors.ts'
import { BaseCommand } from './base-command.ts'
import { defaultInDescription } from './flags.ts'
import { anyOf } from './parse-flags.ts'

/** Flags of every monitoring command. */
export const checkFlags = {
  output: Flags.option({ options: checkFormats })({
    char: 'o',
    aliases: ['format'],
    description: `Output format: ${anyOf(checkFormats)} (default: text)`,
    default: 'text',
    ...defaultInDescription,
    helpValue: 'FORMAT',
  }),
}

/** The paragraph about exit codes in the help of every monitoring command. */
export const CHECK_EXITS =
  'Prints one line and always ends with an exit code of Nagios plugins: 0 ok, 1 warning, 2 critical, 3 unknown. A bus that cannot be reached and an invalid flag are unknown too.'

/**
 * Base class of the monitoring commands. They end with one of the four exit codes of Nagios plugins. A check that fails is
 * reported on stdout like any other result, with the status `unknown`.
 */
export abstract class CheckCommand extends BaseCommand {
  static override document = 'check'

  protected format: CheckFormat = 'text'

  /** The name in the result, such as `lag`. */
  protected abstract readonly checkName: string
  /** Parses the flags, sets `format`, and makes the check. */
  protected abstract check(): Promise<Check>

  async run(): Promise<CheckDocument> {
    const check = checkDocument(await this.#attempt())
    process.exitCode = checkExitCodes[check.status]
    // The format `json` prints the same document as the flag --json.
    const shown = this.format === 'json' ? { ...check, bus: await this.namedBus() } : check
    await this.print(formatCheck(shown, this.format))
    return check
  }

  async #attempt(): Promise<Check> {
    try {
      return await this.check()
    } catch (error) {
      // A check that Ctrl-C interrupted has no result. `_run` ends the command with exit code 130.
      if (this.signal.aborted) throw error
      const failed = {
        status: 'unknown',
        code: 'check-failed',
        reason: inOneLine(await this.withNames(error), this.given, this.ownFlags),
      } as const
      return { check: this.checkName, status: 'unknown', findings: [failed], measures: [] }
    }
  }
}
