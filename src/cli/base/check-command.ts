import { Flags } from '@oclif/core'
import { type Check, type CheckFormat, checkExitCodes, checkFormats, formatCheck } from '../../ui/format-check.ts'
import { inOneLine } from '../errors.ts'
import { BaseCommand } from './base-command.ts'

/** Flags every check has. */
export const checkFlags = {
  format: Flags.option({ options: checkFormats })({ description: 'how to answer', default: 'text' }),
}

/** What the help of every check says. */
export const CHECK_EXITS =
  'Prints one line and ends as Nagios plugins do, whatever happens: 0 ok, 1 warning, 2 critical, 3 unknown, which a bus that cannot be reached and a mistyped flag are too.'

/**
 * A command for monitors, which know four exit codes: what is an error elsewhere is "unknown" here, on stdout like any
 * other answer.
 */
export abstract class CheckCommand extends BaseCommand {
  protected format: CheckFormat = 'text'

  protected abstract readonly checkName: string
  /** Parses the flags, sets the format, looks. */
  protected abstract check(): Promise<Check>

  async run(): Promise<Check> {
    const check = await this.#attempt()
    process.exitCode = checkExitCodes[check.status]
    await this.print(formatCheck(check, this.format))
    return check
  }

  async #attempt(): Promise<Check> {
    try {
      return await this.check()
    } catch (error) {
      if (this.signal.aborted) throw error
      return { check: this.checkName, status: 'unknown', message: inOneLine(error), measures: [] }
    }
  }
}
