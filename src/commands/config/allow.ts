import { Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags } from '../../cli/base/flags.ts'
import { type Ask, type Asks, describeAsk } from '../../cli/config/trust/consent.ts'
import { giveConsent, givenAsks, withdrawConsent } from '../../cli/config/trust/given-consent.ts'
import { RefusedError, UsageError } from '../../cli/errors.ts'
import { run } from '../../cli/suggestions.ts'
import { printable } from '../../ui/text/printable.ts'

/** The `--json` document. */
interface ConsentDocument {
  readonly file: string
  readonly asks: readonly (Ask & { readonly message: string })[]
  /** Whether the user consents, after the command. */
  readonly isAllowed: boolean
  readonly applied: boolean
}

export default class ConfigAllow extends ChangeCommand {
  static override summary = "Allow a project's crbus.json to use your secrets"
  static override document = 'config/allow'
  static override description =
    'A crbus.json that you cloned may name brokers and ask crbus to send them a password of yours, to run a program that prints one, or to use templates outside the project. crbus refuses that until you have seen what the file asks for and allowed it. It asks again when any of that changes.'
  static override examples = ['<%= config.bin %> config allow', '<%= config.bin %> config allow --revoke']
  static override flags = {
    'dry-run': changeFlags['dry-run'],
    yes: changeFlags.yes,
    revoke: Flags.boolean({ description: 'Take the consent back' }),
  }

  async run(): Promise<ConsentDocument> {
    const { flags } = await this.parse(ConfigAllow)
    const { project, consent, ignored } = await this.configuration()
    if (project === undefined) {
      throw new UsageError(ignored ?? `there is no crbus.json in ${this.context.cwd} or above`, [run('crbus config')])
    }
    const all = consent ?? { file: project, digest: '', asks: [], bus: [], registry: [] }
    // The bus in force may need more than the file asks for: a login of the user's variables.
    const wanted = [...new Map([...all.asks, ...all.bus].map((ask) => [describeAsk(ask), ask])).values()]
    const given = givenAsks(all, wanted, this.context.stateFolder)
    const wasAllowed = given.length === wanted.length
    const asks = wanted.map((ask) => ({ ...ask, message: describeAsk(ask) }))
    const plan = { file: project, asks, isAllowed: wasAllowed }
    return this.carryOut({
      plan,
      shown: formatAsks(plan),
      name: project,
      question: flags.revoke ? 'Take the consent back?' : 'Allow this?',
      isNothing: flags.revoke ? given.length === 0 : wasAllowed,
      apply: async () => {
        this.#change(all, wanted, flags.revoke)
        return { isAllowed: !flags.revoke }
      },
      done: () => (flags.revoke ? `${project} is no longer allowed to do this` : `${project} is allowed to do this`),
    })
  }

  #change(all: Asks, asks: readonly Ask[], isRevoked: boolean): void {
    const { stateFolder, now } = this.context
    const isSaved = isRevoked ? withdrawConsent(all, asks, stateFolder) : giveConsent(all, asks, stateFolder, now())
    if (!isSaved) throw new RefusedError(`the folder ${stateFolder} is not writable, so the answer cannot be saved`)
  }
}

function formatAsks({ file, asks, isAllowed }: Omit<ConsentDocument, 'applied'>): string {
  if (asks.length === 0) return `${printable(file)} asks for nothing that needs your consent\n`
  const lines = asks.map(({ message }) => `  ${printable(message)}`)
  return `${printable(file)} ${isAllowed ? 'is allowed to do this' : 'asks for this'}:\n${lines.join('\n')}\n`
}
