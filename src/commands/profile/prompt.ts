import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base/base-command.ts'
import { type Prompt, printPrompt, readPrompt } from '../../cli/process/shell-prompt.ts'
import { shells } from '../../ui/profiles/format-prompt.ts'

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

  async run(): Promise<Prompt> {
    const { flags } = await this.parse(ProfilePrompt)
    // Not `configuration()`, which would print notices at every prompt.
    const { color, ...prompt } = await readPrompt(this.context, flags)
    if (!this.isJson) await printPrompt(this.context, { color, ...prompt }, flags)
    return prompt
  }
}
