import { printable } from '../text/printable.ts'

/** The shells whose prompts crbus knows. */
export const shells = ['bash', 'zsh'] as const
export type Shell = (typeof shells)[number]

/** Marks around characters without width, so that the shell knows where its cursor is. bash: those of readline. */
const marks = { bash: ['\u0001', '\u0002'], zsh: ['%{', '%}'] } as const

// As literals, because the marks go around each of them.
const RED = '\u001b[31m'
const DEFAULT_COLOR = '\u001b[39m'

/** Formats the name of a profile for a shell prompt: `prod!` in red if it is guarded. */
export function promptText(
  name: string,
  {
    isGuarded,
    color,
    shell,
  }: { readonly isGuarded: boolean; readonly color: boolean; readonly shell?: Shell | undefined },
): string {
  const text = `${printable(name)}${isGuarded ? '!' : ''}`
  if (!isGuarded || !color) return text
  const [open, close] = shell === undefined ? ['', ''] : marks[shell]
  return `${open}${RED}${close}${text}${open}${DEFAULT_COLOR}${close}`
}
