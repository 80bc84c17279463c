import { UsageError } from '../../../errors.ts'
import { hint, run, type Suggestion, shellWord } from '../../../suggestions.ts'
import { loadOptionalPackage } from '../optional-package.ts'
import type { Secret } from './secret.ts'

/** The part of `@napi-rs/keyring` that is used. */
interface Keyring {
  readonly Entry: new (
    service: string,
    account: string,
    options?: { readonly linux: { readonly store: 'secret-service' } },
  ) => { getPassword(): string | null }
}

/** The optional package that reads the keyrings of macOS, Windows and Linux. */
const KEYRING_PACKAGE = '@napi-rs/keyring'

type KeyringSecret = Extract<Secret, { kind: 'keyring' }>

/** Reads an entry of the keyring of the operating system. `what` names the secret in errors. */
export async function readKeyring(secret: KeyringSecret, what: string): Promise<string> {
  const keyring = await loadOptionalPackage<Keyring>(KEYRING_PACKAGE, `${what} cannot be read: the keyring`)
  const { service, account } = secret
  try {
    const value = new keyring.Entry(service, account).getPassword()
    if (value !== null) return value
    // Without a keyring service, the package asks the keyring of the Linux kernel, which has no such entry. This call fails then.
    if (process.platform === 'linux') {
      new keyring.Entry(service, account, { linux: { store: 'secret-service' } }).getPassword()
    }
  } catch (error) {
    throw new UsageError(`${what} cannot be read from the keyring: ${(error as Error).message}`, [
      hint('start and unlock the keyring of the desktop, such as GNOME Keyring or KWallet'),
      hint('without a desktop, name the secret as env:NAME, file:PATH or cmd:PROGRAM ARGUMENTS'),
    ])
  }
  throw new UsageError(`the keyring has no entry ${service}/${account}, which should hold ${what}`, [
    storeEntry(secret),
  ])
}

/** Suggests how to store an entry. The programs ask for the secret, so that it does not get into the history of the shell. */
function storeEntry({ service, account }: KeyringSecret): Suggestion {
  const [s, a] = [shellWord(service), shellWord(account)]
  switch (process.platform) {
    case 'linux':
      return run(`secret-tool store --label=crbus service ${s} username ${a}`, 'asks for the secret and stores it')
    case 'darwin':
      return run(`security add-generic-password -s ${s} -a ${a} -w`, 'asks for the secret and stores it')
    default:
      return hint('store the secret with a program that manages the keyring')
  }
}
