import { UsageError } from '../errors.ts'
import { hideArguments } from '../process/hide-arguments.ts'
import { flag } from '../suggestions.ts'

/** Matches a connection setting with its value, such as `sasl.username=alice`. */
const SETTING = /^((?:sasl|ssl|security|bootstrap)\.[\w.]+)\s*=/

/** Throws `UsageError` if an argument is a connection setting, whose `-X` is missing. Without this, it would count as a name. */
export function refuseMisplacedSetting(args: readonly string[], argv: readonly string[]): void {
  for (const arg of args) {
    const [, name] = SETTING.exec(arg) ?? []
    if (name === undefined) continue
    throw new UsageError(hideArguments(`the connection setting ${arg} has no -X before it`, argv), [
      flag(`-X ${name}=VALUE`),
    ])
  }
}
