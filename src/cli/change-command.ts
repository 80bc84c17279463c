import { BaseCommand } from './base-command.ts'
import { confirmOrRefuse } from './confirm.ts'

interface ChangeFlags {
  readonly 'dry-run': boolean
  readonly yes: boolean
}

interface Change<Plan, Done> {
  readonly plan: Plan
  /** The plan for people. */
  readonly shown: string
  readonly isNothing: boolean
  readonly question: string
  apply(): Promise<Done>
  /** What is said when it is done. */
  done(done: Done): string
}

/** A command that shows a plan and carries it out when that was agreed to. */
export abstract class ChangeCommand extends BaseCommand {
  /** The plan, whether it was applied and what came of it: the `--json` document. */
  protected async carryOut<Plan extends object, Done extends object>(
    flags: ChangeFlags,
    { plan, shown, isNothing, question, apply, done }: Change<Plan, Done>,
  ): Promise<Plan & { readonly applied: boolean } & Partial<Done>> {
    await this.print(shown)
    // A plan is an answer of its own to whoever is then asked, or refused.
    this.partial = { ...plan, applied: false }
    if (flags['dry-run'] || isNothing) return { ...plan, applied: false } as Plan & { applied: boolean } & Partial<Done>
    await confirmOrRefuse(this.context, question, flags.yes)
    const result = await apply()
    await this.notice(done(result))
    return { ...plan, applied: true, ...result }
  }
}
