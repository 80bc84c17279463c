import { RefusedError } from '../../errors.ts'
import { flag, run, shellWord } from '../../suggestions.ts'
import { type Ask, type Asks, describeAsk } from './consent.ts'
import { forget, isNoted, remember } from './project-notes.ts'

const noteOf = ({ file, digest }: Asks, ask: Ask) => ({ file, what: `consent ${digest}: ${describeAsk(ask)}` })

/** Returns the asks to which the user has consented, as the file is now. */
export const givenAsks = (all: Asks, asks: readonly Ask[], stateFolder: string): readonly Ask[] =>
  asks.filter((ask) => isNoted(stateFolder, noteOf(all, ask)))

/** Remembers that the user consents to all asks. Returns false if the state folder is not writable. */
export const giveConsent = (all: Asks, asks: readonly Ask[], stateFolder: string, now: number): boolean =>
  asks.every((ask) => remember(stateFolder, noteOf(all, ask), now))

/** Forgets the consent to all asks. Returns false if the state folder is not writable. */
export const withdrawConsent = (all: Asks, asks: readonly Ask[], stateFolder: string): boolean =>
  asks.every((ask) => forget(stateFolder, noteOf(all, ask)))

/** Throws `RefusedError` unless the user has consented to what is needed, as the file is now. */
export function refuseWithoutConsent(all: Asks, needed: readonly Ask[], stateFolder: string): void {
  if (givenAsks(all, needed, stateFolder).length === needed.length) return
  throw new RefusedError(
    `${all.file} needs your consent, because a stranger may have written it: ${needed.map(describeAsk).join('; ')}`,
    [needed.find(usesFlag)].flatMap((ask) =>
      ask === undefined
        ? [run('crbus config allow', 'shows what the file asks for, and asks you')]
        : [flag(`--brokers ${shellWord(ask.to)}`, 'names the brokers yourself; their TLS is then yours to set, too')],
    ),
  )
}

/** Whether an ask is about a login of `-X`, which `crbus config allow` does not see. */
const usesFlag = (ask: Ask): ask is Extract<Ask, { kind: 'secrets' }> =>
  ask.kind === 'secrets' && ask.secrets.some((secret) => secret.startsWith('-X '))
