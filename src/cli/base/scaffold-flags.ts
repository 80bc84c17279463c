import { Flags } from '@oclif/core'
import type { Language } from '../../scaffold/template/manifest.ts'
import { UsageError } from '../errors.ts'
import { run, shellWord } from '../suggestions.ts'

/** Flags of commands that write files into a project. */
export const writeFlags = {
  'dry-run': Flags.boolean({ description: 'Show what would be written, and write nothing' }),
  force: Flags.boolean({ description: 'Overwrite files that differ' }),
  yes: Flags.boolean({ char: 'y', description: 'Do not prompt; use the default for every answer that is not given' }),
}

/** Rejects a URL or git remote, because a template is read from a folder on disk, where the user can review it first. */
async function parseFolder(text: string): Promise<string> {
  if (!/^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(text)) return text
  throw new UsageError(`'${text}' is not a folder: a template is read from disk`, [
    run(`git clone ${shellWord(text)} my-template`, 'then give --template my-template'),
  ])
}

/** Flags of commands that create files from a template. */
export const templateFlags = {
  ...writeFlags,
  lang: Flags.option({ options: ['ts', 'rust'] as const })({
    description: 'Language: ts or rust (default: the language of the service, else ts)',
    helpValue: 'LANGUAGE',
  }),
  template: Flags.string({ parse: parseFolder, description: 'Folder of your own template', helpValue: 'FOLDER' }),
  set: Flags.string({
    description: 'Answer to a question of the template; repeatable',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=VALUE',
  }),
  install: Flags.boolean({
    description: "Install, format and test with npm or cargo afterward (default: yes for crbus's own templates)",
    allowNo: true,
  }),
}

/** Flag of commands that declare topics in crbus.json. The bus may not have these topics yet. */
export const topicsFlag = {
  topics: Flags.boolean({
    description: 'Create the declared topics on the bus afterward, like "crbus topics apply" (default: ask)',
    allowNo: true,
  }),
}

export interface WriteFlags {
  readonly 'dry-run': boolean
  readonly force: boolean
  readonly yes: boolean
}

export interface TemplateFlags extends WriteFlags {
  readonly lang: Language | undefined
  readonly template: string | undefined
  readonly set: readonly string[] | undefined
  readonly install: boolean | undefined
}
