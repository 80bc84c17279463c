import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { completionScripts } from '../cli/completion/scripts.ts'
import { type CompletionShell, completionShells } from '../cli/completion/shell-words.ts'
import { write } from '../ui/text/io.ts'

export default class Completion extends BaseCommand {
  static override summary = 'Print the completion script of a shell'
  static override document = 'completion'
  static override description = [
    'Completes commands, flags, their values, files, and the names of topics, groups, profiles, event types and sagas. The names of a bus come from a cache, which a background process renews. It connects to the bus in force, except to brokers that only the file of a project names, until you have listed the topics or groups there; and never with a secret from a program or a keyring.',
    'bash: add to ~/.bashrc\n  source <(crbus completion bash)\nzsh: add to ~/.zshrc, after compinit\n  source <(crbus completion zsh)\nfish: add to ~/.config/fish/config.fish\n  crbus completion fish | source',
  ].join('\n\n')
  static override examples = ['source <(<%= config.bin %> completion bash)']
  static override args = {
    shell: Args.string({
      description: 'bash, zsh or fish',
      required: true,
      options: [...completionShells],
      ignoreStdin: true,
    }),
  }
  static override flags = {}

  async run(): Promise<{ readonly shell: CompletionShell; readonly script: string }> {
    const { args } = await this.parse(Completion)
    const shell = args.shell as CompletionShell
    const script = completionScripts[shell]
    // As bytes, because text is written without control characters such as tabs.
    if (!this.isJson) await write(this.context.io.stdout, Buffer.from(script), this.signal)
    return { shell, script }
  }
}
