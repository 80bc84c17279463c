import { printable } from '../../ui/text/printable.ts'
import { RefusedError } from '../errors.ts'
import type { Context } from './context.ts'

export interface Choice {
  readonly value: string
  readonly label: string
  readonly hint?: string | undefined
}

/** The most choices that a list shows at a time. */
const MAX_ROWS = 10

/**
 * Asks the user at a terminal. Prompts go to stderr, and Ctrl-C ends the command. Questions and choices may come from
 * templates, so their control characters are escaped here: the prompt library does not write through `write`.
 */
export class Asker {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  /** Whether there is a terminal to ask on. */
  get canAsk(): boolean {
    const { stdin, stderr } = this.#context.io
    return Boolean(stdin.isTTY && stderr.isTTY)
  }

  /** Asks for a line of text. `why` returns what is wrong with an answer. An empty answer stands for `fallback`. */
  async text(message: string, why: (text: string) => string | undefined, fallback = ''): Promise<string> {
    const { text } = await load()
    const validate = (given: string | undefined) => {
      const reason = why(given || fallback)
      return reason === undefined ? undefined : printable(reason)
    }
    const shown = printable(fallback)
    const answer = this.#take(
      await text({
        message: printable(message),
        validate,
        defaultValue: shown,
        placeholder: shown,
        ...this.#streams,
      }),
    )
    // The prompt returns the default as it was shown, with escaped control characters.
    return answer === shown ? fallback : answer
  }

  /** Asks a yes-or-no question. */
  async yesOrNo(message: string, fallback: boolean): Promise<boolean> {
    const { confirm } = await load()
    return this.#take(await confirm({ message: printable(message), initialValue: fallback, ...this.#streams }))
  }

  /** Asks to select one of the choices. */
  async oneOf(message: string, choices: readonly Choice[], fallback: string): Promise<string> {
    const { select } = await load()
    return this.#take(
      await select({
        message: printable(message),
        options: choices.map(toOption),
        initialValue: fallback,
        ...this.#streams,
      }),
    )
  }

  /** Asks to select one of many choices, which the user can filter by typing. A long list scrolls. */
  async fromList(message: string, choices: readonly Choice[]): Promise<string> {
    const { autocomplete } = await load()
    return this.#take(
      await autocomplete({
        message: printable(message),
        options: choices.map(toOption),
        maxItems: MAX_ROWS,
        filter: (typed, { value }) => value.toLowerCase().includes(typed.toLowerCase()),
        ...this.#streams,
      }),
    )
  }

  /** Asks to select one or more of the choices. Returns them in the order of the choices. */
  async someOf(message: string, choices: readonly Choice[]): Promise<readonly string[]> {
    const { multiselect } = await load()
    return this.#take(
      await multiselect({
        message: printable(message),
        options: choices.map(toOption),
        required: true,
        ...this.#streams,
      }),
    )
  }

  get #streams() {
    const { io, stop } = this.#context
    return { input: io.stdin, output: io.stderr, signal: stop.signal }
  }

  /** Returns the answer. The prompt library returns a symbol if the user presses Ctrl-C; that throws `RefusedError`. */
  #take<T>(answer: T): Exclude<T, symbol> {
    if (typeof answer !== 'symbol') return answer as Exclude<T, symbol>
    this.#context.stop.request('interrupted')
    throw new RefusedError('no answer; nothing was written')
  }
}

const load = () => import('@clack/prompts')

const toOption = ({ value, label, hint }: Choice) => ({
  value,
  label: printable(label),
  ...(hint === undefined ? {} : { hint: printable(hint) }),
})
