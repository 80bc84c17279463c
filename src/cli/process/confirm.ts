import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { harmless, printable } from '../../ui/text/printable.ts'
import { describeGuard, type Guard } from '../config/guard.ts'
import { RefusedError } from '../errors.ts'
import type { Context } from './context.ts'

interface Agreement {
  /** What is changed. */
  readonly name: string
  /** Absent: nobody has to be asked, if there is no guard. */
  readonly question: string | undefined
  /** `--yes`. */
  readonly yes: boolean | undefined
  /** `--confirm`: the name, as it would be typed. */
  readonly confirm: string | undefined
  /** Absent: yes or no will do. Else the name is to be typed, since a yes is soon said. */
  readonly guard: Guard | undefined
  /** What else can be done than to agree. */
  readonly alternatives: readonly string[]
}

/**
 * Asks before a change, unless it was agreed to beforehand. Anything but agreement refuses, and so does having no
 * terminal to ask on, naming the flag.
 */
export async function confirmOrRefuse(context: Context, agreement: Agreement): Promise<void> {
  const { name, question, yes, confirm, guard, alternatives } = agreement
  if (confirm !== undefined) {
    if (confirm === name) return
    throw new RefusedError(`--confirm says '${confirm}', and this changes '${name}'; nothing was done`, [
      toConfirm(name),
    ])
  }
  if (guard === undefined && (yes || question === undefined)) return
  const { stdin, stderr } = context.io
  if (!stdin.isTTY || !stderr.isTTY) {
    const lead = guard === undefined ? `this changes '${name}'` : describeGuard(guard)
    const agreeing = guard === undefined ? '--yes to do it without asking' : toConfirm(name)
    throw new RefusedError(`${lead} and there is no terminal to ask on; nothing was done`, [agreeing, ...alternatives])
  }
  if (guard === undefined) {
    if (/^y(es)?$/i.test(await ask(context, `${question} [y/N] `))) return
    throw new RefusedError('not confirmed; nothing was done')
  }
  const lead = question === undefined ? '' : `${question}\n`
  const typed = await ask(context, `${lead}${printable(`${describeGuard(guard)}: type ${name} to go on`)}: `)
  if (typed === name) return
  throw new RefusedError(`${typed === '' ? 'not confirmed' : `'${typed}' is not '${name}'`}; nothing was done`)
}

/** To be copied into a shell. */
const toConfirm = (name: string): string =>
  `--confirm ${/^[\w.,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`}`

/** What is typed, trimmed; empty at the end of input, on Ctrl-D and on Ctrl-C. */
async function ask({ io, stop }: Context, question: string): Promise<string> {
  const prompt = createInterface({ input: io.stdin, output: io.stderr })
  // While it asks, Ctrl-C comes to the prompt and not to the process.
  prompt.once('SIGINT', () => stop.request('interrupted'))
  const closed = once(prompt, 'close').then(() => '')
  try {
    return (await Promise.race([prompt.question(harmless(question), { signal: stop.signal }), closed])).trim()
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
    // What is said next begins a line of its own.
    io.stderr.write('\n')
    return ''
  } finally {
    prompt.close()
  }
}
