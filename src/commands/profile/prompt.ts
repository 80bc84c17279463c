import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { wantsColor } from '../../cli/config/color.ts'
import type { Config } from '../../cli/config/config.ts'
import { promptText, shells } from '../../ui/profiles/format-prompt.ts'
import { write } from '../../ui/text/io.ts'

/** The `--json` document: keys of `crbus config`. Empty without a profile, or if the settings are invalid. */
type PromptDocument = Partial<Pick<Config, 'profile' | 'guard'>>

export default class ProfilePrompt extends BaseCommand {
  static override summary = 'Print the current profile for a shell prompt'
  static override document = 'profile/current'
  static override description = [
    'Prints the name, with an exclamation mark and in red if the profile or the bus is protected or read-only. Prints nothing without a profile and after errors, and connects to nothing.',
    `bash: PS1='$(crbus profile prompt --shell bash) '"$PS1"\nzsh: setopt prompt_subst; PROMPT='$(crbus profile prompt --shell zsh) '"$PROMPT"`,
  ].join('\n\n')
  static override examples = ['<%= config.bin %> profile prompt']
  static override flags = {
    shell: Flags.option({
      description: 'Print colors also into a pipe, in the form that the prompt of this shell needs: bash or zsh',
      options: shells,
      helpValue: 'SHELL',
    })(),
  }

  async run(): Promise<PromptDocument> {
    const { flags } = await this.parse(ProfilePrompt)
    let config: Config
    try {
      // Not `configuration()`, which would print notices at every prompt.
      config = await this.context.config({ 'no-color': this.given['no-color'] })
    } catch {
      return {}
    }
    const { profile, guard, color: choice } = config
    if (profile !== undefined && !this.isJson) {
      const { io, stop } = this.context
      const color = wantsColor(choice?.value, flags.shell !== undefined || io.color)
      const text = promptText(profile.value, { isGuarded: guard !== undefined, color, shell: flags.shell })
      // As bytes, because text is written without the marks of the shell.
      await write(io.stdout, Buffer.from(`${text}\n`), stop.signal)
    }
    return { profile, guard }
  }
}
