import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { readConfigFiles, whereConfigFiles } from '../../cli/config/find-config-files.ts'
import { UsageError } from '../../cli/errors.ts'
import type { Finding } from '../../cli/profiles/validate-file.ts'
import { run } from '../../cli/suggestions.ts'
import { plural } from '../../ui/text/listed.ts'
import { printable } from '../../ui/text/printable.ts'

/** The `--json` document. */
interface ValidateDocument {
  readonly files: readonly string[]
  readonly findings: readonly Finding[]
}

export default class ProfileValidate extends BaseCommand {
  static override summary = 'Check configuration files for problems'
  static override document = 'profile/validate'
  static override description = [
    "Without FILE, checks the project's crbus.json and your own file. Reports every problem: invalid and unknown keys, profiles that are not defined, settings of TLS and login that are missing, variables that are not set, files and programs that are missing, and secrets that other users or git can read.",
    'The exit code is 10 if there is a problem. Secrets are not read, and their programs are not run.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> profile validate',
    '<%= config.bin %> profile validate crbus.json --json',
  ]
  static override args = {
    file: Args.string({ description: "File to check (default: the project's file and your own)", ignoreStdin: true }),
  }
  static override flags = {}

  async run(): Promise<ValidateDocument> {
    const { args } = await this.parse(ProfileValidate)
    const found = whereConfigFiles(this.context)
    const files = args.file === undefined ? found : [resolve(this.context.cwd, args.file)]
    if (files.length === 0) {
      throw new UsageError('there is no configuration file to check', [run('crbus profile create NAME')])
    }
    const { validateFile } = await import('../../cli/profiles/validate-file.ts')
    const own = realPath(this.context.userFile)
    const others = await this.#profileNames()
    const findings = files.flatMap((path) => {
      const origin = realPath(path) === own ? 'user' : 'project'
      return validateFile(path, origin, others, this.context, this.context.git)
    })
    await this.print(findings.map((finding) => `${printable(formatFinding(finding))}\n`).join(''))
    await this.notice(`checked ${files.join(' and ')}: ${plural(findings.length, 'problem')}`)
    if (findings.length > 0) this.foundSomething()
    return { files, findings }
  }

  /** Returns the names of all profiles; none if a file is invalid, which is then reported. */
  async #profileNames(): Promise<ReadonlySet<string>> {
    try {
      return new Set((await readConfigFiles(this.context)).flatMap(({ profiles }) => [...profiles.keys()]))
    } catch (error) {
      if (error instanceof UsageError) return new Set()
      throw error
    }
  }
}

/** Formats a finding. The messages about invalid files and keys begin with the file. */
const formatFinding = ({ code, file, key, message }: Finding): string =>
  code === 'invalid' ? message : `${file}: ${key === undefined ? '' : `${key}: `}${message}`

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
