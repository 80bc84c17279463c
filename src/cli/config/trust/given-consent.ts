import { RefusedError } from '../../errors.ts'
import { run } from '../../suggestions.ts'
import { type Ask, type Asks, describeAsk } from './consent.ts'
import { forget, isNoted, remember } from './project-notes.ts'

const noteOf = ({ file, digest }: Asks) => ({ file, what: `consent ${digest}` })

/** Whether the user has consented to what the file asks for, as it is now. */
export const hasConsent = (asks: Asks, stateFolder: string): boolean => isNoted(stateFolder, noteOf(asks))

/** Remembers that the user consents. Returns false if the state folder is not writable. */
export const giveConsent = (asks: Asks, stateFolder: string, now: number): boolean =>
  remember(stateFolder, noteOf(asks), now)

/** Forgets the consent. Returns false if the state folder is not writable. */
export const withdrawConsent = (asks: Asks, stateFolder: string): boolean => forget(stateFolder, noteOf(asks))

/** Throws `RefusedError` unless the user has consented to what the file asks for, as it is now. */
export function refuseWithoutConsent(all: Asks, needed: readonly Ask[], stateFolder: string): void {
  if (hasConsent(all, stateFolder)) return
  throw new RefusedError(
    `${all.file} needs your consent, because a stranger may have written it: ${needed.map(describeAsk).join('; ')}`,
    [run('crbus config allow', 'shows what the file asks for, and asks you')],
  )
}
