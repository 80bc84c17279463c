import { promptText, type Shell, shells } from '../../ui/profiles/format-prompt.ts'
import { write } from '../../ui/text/io.ts'
import { wantsColor } from '../config/color.ts'
import type { Config } from '../config/config.ts'
import type { Context } from './context.ts'

/** What `crbus profile prompt` prints. */
export interface PromptRequest {
  /** Print colors also into a pipe, in the form that the prompt of this shell needs. */
  readonly shell?: Shell | undefined
  readonly 'no-color'?: boolean | undefined
}

/** The settings that a prompt shows. Empty without a profile, or if the settings are invalid. */
export type Prompt = Partial<Pick<Config, 'profile' | 'guard'>>

/** Returns the request of a command line that asks for the prompt of a shell and nothing else, as PS1 and PROMPT run it. */
export function promptRequest(argv: readonly string[]): PromptRequest | undefined {
  const [topic, command, ...flags] = argv
  if (topic !== 'profile' || command !== 'prompt') return undefined
  if (flags.length === 0) return {}
  const [, name] = /^--shell[ =](\w+)$/.exec(flags.join(' ')) ?? []
  const shell = shells.find((one) => one === name)
  return shell && { shell }
}

/** Reads the settings for a prompt. An error must not disturb every prompt of the shell, so it counts as no profile. */
export async function readPrompt({ config }: Pick<Context, 'config'>, request: PromptRequest) {
  try {
    const { profile, guard, color } = await config({ 'no-color': request['no-color'] })
    return { profile, guard, color }
  } catch {
    return {}
  }
}

/** Prints the current profile for a shell prompt; nothing without a profile. */
export async function printPrompt(
  { io, stop }: Pick<Context, 'io' | 'stop'>,
  { profile, guard, color: choice }: Prompt & Partial<Pick<Config, 'color'>>,
  { shell }: PromptRequest,
): Promise<void> {
  if (profile === undefined) return
  const color = wantsColor(choice?.value, shell !== undefined || io.color)
  const text = promptText(profile.value, { isGuarded: guard !== undefined, color, shell })
  // As bytes, because text is written without the marks of the shell.
  await write(io.stdout, Buffer.from(`${text}\n`), stop.signal)
}
