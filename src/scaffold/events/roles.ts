import { isSameName, type Name } from '../name.ts'
import { commandOf } from './command-name.ts'
import { isFailure } from './events.ts'

export const roles = ['command', 'event', 'failure'] as const
/** The role of an enum variant in a saga: a command, an event, or an event that reports a failure. */
export type Role = (typeof roles)[number]

/** Verbs that a command begins with. Verbs that are also nouns (`order`, `charge`, `request`) are left out: crbus asks about them. */
const commandVerbs = new Set(
  [
    'accept activate add allocate apply approve archive assign authorize begin cancel complete confirm create deactivate',
    'decline delete deliver deny disable dispatch enable fulfil fulfill generate grant initiate issue make notify pay place',
    'prepare process provision publish receive register reject release remove rename renew reserve resume revoke send',
    'settle start submit suspend terminate unlock update validate verify withdraw',
  ].flatMap((line) => line.split(' ')),
)

/**
 * Derives the role of a variant from its name, in an enum that marks neither commands nor events. An event ends with a past
 * participle (`PaymentCompleted`). A command begins with a verb (`ProcessPayment`), or leads to an event of the enum
 * (`RefundPayment` to `PaymentRefunded`). Returns `undefined` if the name does not decide.
 */
export function roleOf(name: Name, all: readonly Name[]): Role | undefined {
  if (isFailure(name)) return 'failure'
  if (commandOf(name) !== undefined) return 'event'
  const leadsToEvent = all.some((other) => {
    const command = commandOf(other)
    return command !== undefined && isSameName(command, name)
  })
  return leadsToEvent || commandVerbs.has(name.words[0] ?? '') ? 'command' : undefined
}
