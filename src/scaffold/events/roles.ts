import { isSameName, type Name } from '../name.ts'
import { commandOf } from './command-name.ts'
import { isFailure } from './events.ts'

export const roles = ['command', 'event', 'failure'] as const
/** What a variant of an enum is to a saga: something asked for, something that happened, or something that failed. */
export type Role = (typeof roles)[number]

/** First words of commands. Words that are nouns as well (`order`, `charge`, `request`) are left out: they are asked about. */
const verbs = new Set(
  [
    'accept activate add allocate apply approve archive assign authorize begin cancel complete confirm create deactivate',
    'decline delete deliver deny disable dispatch enable fulfil fulfill generate grant initiate issue make notify pay place',
    'prepare process provision publish receive register reject release remove rename renew reserve resume revoke send',
    'settle start submit suspend terminate unlock update validate verify withdraw',
  ].flatMap((line) => line.split(' ')),
)

/**
 * Tells by its name what a variant is, in an enum that marks neither commands nor events: an event ends with a past
 * participle (`PaymentCompleted`), a command begins with a verb (`ProcessPayment`) or is what an event of the enum is asked
 * for by (`RefundPayment` of `PaymentRefunded`). `undefined` where the name tells nothing.
 */
export function roleOf(name: Name, all: readonly Name[]): Role | undefined {
  if (isFailure(name)) return 'failure'
  if (commandOf(name) !== undefined) return 'event'
  const isAsked = all.some((other) => {
    const command = commandOf(other)
    return command !== undefined && isSameName(command, name)
  })
  return isAsked || verbs.has(name.words[0] ?? '') ? 'command' : undefined
}
