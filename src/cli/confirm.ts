import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import type { Context } from './context.ts'
import { RefusedError } from './errors.ts'

/**
 * Asks before a change. With `--yes` it does not; without a terminal to ask on it refuses, naming the flags.
 * Anything but yes refuses too.
 */
export async function confirmOrRefuse({ io, stop }: Context, question: string, yes: boolean): Promise<void> {
  if (yes) return
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new RefusedError('this changes the bus and there is no terminal to ask on; nothing was done', [
      '--yes to do it without asking',
      '--dry-run to see what it would do',
    ])
  }
  const prompt = createInterface({ input: io.stdin, output: io.stderr })
  // While it asks, Ctrl-C comes to the prompt and not to the process.
  prompt.once('SIGINT', () => stop.request('interrupted'))
  const closed = once(prompt, 'close').then(() => '')
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `, { signal: stop.signal }), closed])
    if (/^y(es)?$/i.test(answer.trim())) return
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    prompt.close()
  }
  throw new RefusedError('not confirmed; nothing was done')
}
