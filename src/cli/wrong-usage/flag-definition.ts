/** The fields of oclif's flags that checks and messages read. */
export interface FlagDefinition {
  readonly type: 'boolean' | 'option'
  readonly char?: string | undefined
  readonly aliases?: readonly string[] | undefined
  readonly allowNo?: boolean | undefined
  readonly multiple?: boolean | undefined
  readonly required?: boolean | undefined
  readonly options?: readonly string[] | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly exclusive?: readonly string[] | undefined
  readonly dependsOn?: readonly string[] | undefined
  readonly helpValue?: string | readonly string[] | undefined
}

export type FlagDefinitions = Readonly<Record<string, FlagDefinition>>

/** Formats a flag with the placeholder of its value: `--group GROUP`. */
export function withPlaceholder(name: string, { type, helpValue = 'VALUE' }: FlagDefinition): string {
  return type === 'boolean' ? `--${name}` : `--${name} ${String(helpValue)}`
}
