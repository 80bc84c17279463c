import { resolve } from 'node:path'
import type { EventBus } from '../../bus/event-bus.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { Config } from '../config/config.ts'
import { type Guard, refusedBy } from '../config/guard.ts'
import { RefusedError } from '../errors.ts'
import { confirmOrRefuse } from '../process/confirm.ts'
import { flag, type Suggestion } from '../suggestions.ts'
import { BaseCommand } from './base-command.ts'

interface PlanOptions {
  /** Show the plan and stop. Default: `--dry-run`. */
  readonly planOnly?: boolean | undefined
}

interface Subject {
  /** The name of what is changed. A user types it to confirm where a profile is protected. */
  readonly name: string
  /** Absent: the change is only confirmed on a guarded bus. */
  readonly question?: string | undefined
}

interface Change<Plan, Done> extends Subject, PlanOptions {
  readonly plan: Plan
  /** The plan as text. */
  readonly shown: string
  /** Whether the plan changes nothing, so that there is nothing to confirm. */
  readonly isNothing: boolean
  apply(): Promise<Done>
  /** Describes the result in a notice. */
  done(done: Done): string
}

/** Base class of commands that change a bus or an event store, most of them by a plan that the user confirms. */
export abstract class ChangeCommand extends BaseCommand {
  #guard: Guard | undefined
  #target: 'bus' | 'store' | undefined

  /** Opens the bus. Refuses at once if a profile is read-only, since making a plan may take long. */
  protected override async openBus({ planOnly = this.given['dry-run'] }: PlanOptions = {}): Promise<EventBus> {
    const config = await this.configuration()
    this.#check(config, config.guard, 'bus', planOnly)
    return super.openBus()
  }

  /** Opens the event store that the configuration names. The profile in force guards its store like its bus. */
  protected async openStoreSetup(): Promise<StoreSetup> {
    const config = await this.configuration()
    // A guard that was found by the address of the bus does not apply to the store.
    const guard = config.guard?.isByAddress ? undefined : config.guard
    this.#check(config, guard, 'store', this.given['dry-run'])
    return this.context.openStoreSetup(config.store.value)
  }

  /** Asks the user to confirm a change, or refuses it. A guarded bus takes changes only afterward. */
  protected async confirm({ name, question }: Subject): Promise<void> {
    const { yes, confirm } = this.given
    if (this.#target !== undefined) await this.noteProjectChoice(this.#target)
    const agreement = { name, question, yes, confirm, guard: this.#guard, alternatives: this.#dryRun() }
    await confirmOrRefuse(this.context, agreement)
    this.unlock()
  }

  /** Returns the folder of undo files. */
  protected undoFolder({ 'undo-dir': folder }: { readonly 'undo-dir'?: string | undefined }): string {
    return folder === undefined ? this.context.undoFolder : resolve(this.context.cwd, folder)
  }

  /** Shows a plan, asks for confirmation and applies it. Returns the `--json` document: plan, `applied` and result. */
  protected async carryOut<Plan extends object, Done extends object>(
    change: Change<Plan, Done>,
  ): Promise<Plan & { readonly applied: boolean } & Partial<Done>> {
    const { plan, planOnly = this.given['dry-run'] } = change
    await this.print(change.shown)
    // The plan is part of the answer even if the change is then refused.
    this.partial = { ...plan, applied: false }
    if (planOnly || change.isNothing) return { ...plan, applied: false } as Plan & { applied: boolean } & Partial<Done>
    await this.confirm(change)
    const result = await change.apply()
    await this.notice(change.done(result))
    return { ...plan, applied: true, ...result }
  }

  #check(config: Config, guard: Guard | undefined, target: 'bus' | 'store', planOnly = false): void {
    this.#guard = guard
    this.#target = target
    if (planOnly) return
    if (guard?.kind === 'read-only') throw refusedBy(guard, config, ...this.#dryRun())
    if (config.ignored === undefined || config[target].from !== 'default') return
    // The ignored file may name another target, and a change must not go to a local file instead.
    throw new RefusedError(`neither a flag nor a file says where this goes; nothing was done: ${config.ignored}`, [
      flag(target === 'bus' ? '-b host:port' : '--store postgres://user:password@host/database'),
      flag('--data-dir .crbus'),
    ])
  }

  #dryRun(): readonly Suggestion[] {
    return 'dry-run' in this.ctor.flags ? [flag('--dry-run', 'shows what it would do')] : []
  }
}
