import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { harmless, printable } from '../../ui/text/printable.ts'
import { describeGuard, type Guard } from '../config/guard.ts'
import { RefusedError } from '../errors.ts'
import { flag, type Suggestion, shellWord } from '../suggestions.ts'
import type { Context } from './context.ts'

interface Agreement {
  /** The name of what is changed. */
  readonly name: string
  /** Absent: without a guard, the user is not asked. */
  readonly question: string | undefined
  /** `--yes`. */
  readonly yes: boolean | undefined
  /** `--confirm`: the name, as the user would type it. */
  readonly confirm: string | undefined
  /** Absent: the user answers yes or no. Present: the user types the name, since a yes is easily typed by mistake. */
  readonly guard: Guard | undefined
  /** Suggestions other than confirming. */
  readonly alternatives: readonly Suggestion[]
}

/**
 * Asks the user to confirm a change, unless a flag already confirms it. Throws `RefusedError` for any other answer, and
 * without a terminal to ask on; the error then names the flag.
 */
export async function confirmOrRefuse(context: Context, agreement: Agreement): Promise<void> {
  const { name, question, yes, confirm, guard, alternatives } = agreement
  if (confirm !== undefined) {
    if (confirm === name) return
    throw new RefusedError(`--confirm names '${confirm}', but this changes '${name}'; nothing was done`, [
      toConfirm(name),
    ])
  }
  if (guard === undefined && (yes || question === undefined)) return
  const { stdin, stderr } = context.io
  if (!stdin.isTTY || !stderr.isTTY) {
    const lead = guard === undefined ? `this changes '${name}'` : describeGuard(guard)
    const agreeing = guard === undefined ? flag('--yes', 'confirms without a prompt') : toConfirm(name)
    throw new RefusedError(`${lead}, and there is no terminal to ask on; nothing was done`, [agreeing, ...alternatives])
  }
  if (guard === undefined) {
    if (/^y(es)?$/i.test(await ask(context, `${question} [y/N] `))) return
    throw new RefusedError('not confirmed; nothing was done')
  }
  const lead = question === undefined ? '' : `${question}\n`
  const typed = await ask(context, `${lead}${printable(`${describeGuard(guard)}: type ${name} to confirm`)}: `)
  if (typed === name) return
  throw new RefusedError(`${typed === '' ? 'not confirmed' : `'${typed}' is not '${name}'`}; nothing was done`)
}

/** Returns the `--confirm` flag for a name, quoted for a shell. */
const toConfirm = (name: string): Suggestion => flag(`--confirm ${shellWord(name)}`)

/** Reads a line and trims it. Empty at the end of input, on Ctrl-D and on Ctrl-C. */
async function ask({ io, stop }: Context, question: string): Promise<string> {
  const prompt = createInterface({ input: io.stdin, output: io.stderr })
  // While the prompt is open, it receives Ctrl-C instead of the process.
  prompt.once('SIGINT', () => stop.request('interrupted'))
  const closed = once(prompt, 'close').then(() => '')
  try {
    return (await Promise.race([prompt.question(harmless(question), { signal: stop.signal }), closed])).trim()
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
    // The next message starts on a new line.
    io.stderr.write('\n')
    return ''
  } finally {
    prompt.close()
  }
}
