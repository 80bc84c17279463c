import type { Setting } from './setting.ts'

/** When to print colors; `auto`: on a terminal. */
export const colorChoices = ['auto', 'always', 'never'] as const
export type ColorChoice = (typeof colorChoices)[number]

type Environment = Readonly<Record<string, string | undefined>>

/** The sources of a choice of colors, the first of which counts. */
interface ColorSources {
  /** Whether `--no-color` is given. */
  readonly isOff: boolean | undefined
  readonly env: Environment
  readonly ofProfile: Setting<ColorChoice> | undefined
}

/** Returns the choice of colors that a flag, a variable or the profile makes. */
export const chooseColor = ({ isOff, env, ofProfile }: ColorSources): Setting<ColorChoice> | undefined =>
  isOff ? { value: 'never', from: '--no-color' } : (colorOfVariables(env) ?? ofProfile)

/**
 * Returns the choice of colors that the environment makes. A non-empty NO_COLOR (https://no-color.org) turns them off and wins
 * over FORCE_COLOR, which turns them on unless it is `0`.
 */
export function colorOfVariables(env: Environment): Setting<ColorChoice> | undefined {
  if (env.NO_COLOR) return { value: 'never', from: 'NO_COLOR' }
  if (env.FORCE_COLOR === undefined) return undefined
  return { value: env.FORCE_COLOR === '0' ? 'never' : 'always', from: 'FORCE_COLOR' }
}

/** Whether to print colors with this choice. `isSupported` says whether the output is a terminal with colors. */
export const wantsColor = (choice: ColorChoice | undefined, isSupported: boolean): boolean =>
  choice === 'always' || (choice !== 'never' && isSupported)
