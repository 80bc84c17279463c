import { readFileSync } from 'node:fs'
import type { FlagDefinitions } from '../wrong-usage/flag-definition.ts'

/** A command as completion sees it. */
export interface KnownCommand {
  /** The words of the command with colons between them: `topics:describe`. */
  readonly id: string
  readonly summary: string
  readonly aliases: readonly string[]
  readonly args: readonly { readonly name: string; readonly options: readonly string[] }[]
  /** Whether the last argument can be repeated. */
  readonly isOpen: boolean
  /** The flags, loaded when used. */
  readonly flags: () => FlagDefinitions & Readonly<Record<string, { readonly description?: string }>>
}

/** All commands, and the summaries of the words before them. */
export interface CommandTree {
  readonly commands: readonly KnownCommand[]
  readonly topics: Readonly<Record<string, string>>
}

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly summary?: string
        readonly aliases?: readonly string[]
        readonly strict?: boolean
        readonly args?: Readonly<Record<string, { readonly options?: readonly string[] }>>
      }
    >
  >
}

type HelpFile = Readonly<Record<string, { readonly flags: ReturnType<KnownCommand['flags']> }>>

/** Reads the commands from the manifest of the build. `binUrl` is the URL of bin/crbus.js. */
export function readCommandTree(binUrl: string): CommandTree {
  const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, binUrl), 'utf8'))
  const { commands } = read('../oclif.manifest.json') as Manifest
  const { oclif } = read('../package.json') as {
    readonly oclif: { readonly topics: Readonly<Record<string, { readonly description: string }>> }
  }
  let help: HelpFile | undefined
  const flagsOf = (id: string) => () => {
    help ??= read('../dist/cli/help.json') as HelpFile
    return help[id]?.flags ?? {}
  }
  const toCommand = ([id, { summary = '', aliases = [], strict = true, args = {} }]: [
    string,
    Manifest['commands'][string],
  ]): KnownCommand => ({
    id,
    summary,
    aliases,
    args: Object.entries(args).map(([name, { options = [] }]) => ({ name, options })),
    isOpen: !strict,
    flags: flagsOf(id),
  })
  return {
    commands: Object.entries(commands).map(toCommand),
    topics: Object.fromEntries(
      Object.entries(oclif.topics).map(([name, { description }]) => [name, description.split('\n')[0] ?? '']),
    ),
  }
}
