import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { escapeUnsafe, printable } from '../../ui/text/printable.ts'
import { describeGuard, type Guard } from '../config/guard.ts'
import { RefusedError } from '../errors.ts'
import { flag, type Suggestion, shellWord } from '../suggestions.ts'
import type { Context } from './context.ts'

interface ConfirmationRequest {
  /** The name of the topic, group or store to change. */
  readonly name: string
  /** A yes-or-no question. Absent: without a guard, the change needs no confirmation. */
  readonly question: string | undefined
  /** The name of the bus, safe for a terminal. Absent: the question does not name it. */
  readonly where: string | undefined
  /** The flag `--yes`. Not sufficient if there is a guard. */
  readonly yes: boolean | undefined
  /** The value of `--confirm`: the name that the user would type. */
  readonly confirm: string | undefined
  /**
   * The protection of the bus or store by a profile. Present: the user must type the name, because a yes is easily typed by
   * mistake. Absent: the user answers yes or no.
   */
  readonly guard: Guard | undefined
  /** The question about events that the change deletes. Neither `--yes` nor `--confirm` answers it. Absent: nothing to agree to. */
  readonly deletion: string | undefined
  /** What an error suggests besides the flag that confirms the change. */
  readonly alternatives: readonly Suggestion[]
}

/**
 * Asks the user to confirm a change, unless a flag already confirms it. Throws `RefusedError` if the user does not confirm, or
 * if there is no terminal to ask on. Without a terminal, the error suggests the flag that confirms the change.
 */
export async function confirmOrRefuse(context: Context, request: ConfirmationRequest): Promise<void> {
  await confirmChange(context, request)
  const { deletion, alternatives } = request
  if (deletion === undefined) return
  const { stdin, stderr } = context.io
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new RefusedError('this deletes events, and there is no terminal to ask on; nothing was done', [
      ALLOW_DELETION,
      ...alternatives,
    ])
  }
  if (isYes(await ask(context, `${deletion} [y/N] `))) return
  throw new RefusedError('the deletion of events was not confirmed; nothing was done')
}

const ALLOW_DELETION = flag('--allow-delete', 'allows the change to delete these events')

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer)

async function confirmChange(context: Context, request: ConfirmationRequest): Promise<void> {
  const { name, question, where, yes, confirm, guard, deletion, alternatives } = request
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
    const confirming = guard === undefined ? flag('--yes', 'confirms without a prompt') : toConfirm(name)
    throw new RefusedError(`${lead}, and there is no terminal to ask on; nothing was done`, [
      confirming,
      ...(deletion === undefined ? [] : [ALLOW_DELETION]),
      ...alternatives,
    ])
  }
  const bus = where === undefined ? '' : `on ${where}\n`
  if (guard === undefined) {
    if (isYes(await ask(context, `${bus}${question} [y/N] `))) return
    throw new RefusedError('not confirmed; nothing was done')
  }
  const lead = question === undefined ? '' : `${question}\n`
  const typed = await ask(context, `${bus}${lead}${printable(`${describeGuard(guard)}: type ${name} to confirm`)}: `)
  if (typed === name) return
  throw new RefusedError(`${typed === '' ? 'not confirmed' : `'${typed}' is not '${name}'`}; nothing was done`)
}

/** Returns the `--confirm` flag for a name, quoted for a shell. */
const toConfirm = (name: string): Suggestion => flag(`--confirm ${shellWord(name)}`)

/** Asks for a line and returns it trimmed. Returns an empty text at the end of the input, on Ctrl-D and on Ctrl-C. */
async function ask({ io, stop }: Context, question: string): Promise<string> {
  const prompt = createInterface({ input: io.stdin, output: io.stderr })
  // While the prompt is open, it receives Ctrl-C instead of the process.
  prompt.once('SIGINT', () => stop.request('interrupted'))
  const closed = once(prompt, 'close').then(() => '')
  try {
    return (
      await Promise.race([prompt.question(escapeUnsafe(question, io.color), { signal: stop.signal }), closed])
    ).trim()
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
    // The next message starts on a new line.
    io.stderr.write('\n')
    return ''
  } finally {
    prompt.close()
  }
}
