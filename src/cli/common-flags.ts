import type { BusFlags } from './config/config.ts'

/** The flags that the base classes read. Each command has only the flags that it declares. */
export interface CommonFlags extends BusFlags {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly debug?: boolean | undefined
  readonly 'dry-run'?: boolean | undefined
  readonly yes?: boolean | undefined
  readonly utc?: boolean | undefined
  readonly confirm?: string | undefined
  readonly wait?: string | undefined
  readonly 'allow-delete'?: boolean | undefined
  readonly wide?: boolean | undefined
}
