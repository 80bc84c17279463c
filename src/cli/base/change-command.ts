import { resolve } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { operationHints } from '../../operations/hints.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { Config } from '../config/config.ts'
import { type Guard, refusedBy } from '../config/guard.ts'
import { RefusedError } from '../errors.ts'
import { confirmOrRefuse } from '../process/confirm.ts'
import { onSameBus } from '../same-bus.ts'
import { flag, type Suggestion, shellWord } from '../suggestions.ts'
import { BaseCommand } from './base-command.ts'

interface PlanOptions {
  /** Show the plan and change nothing. Default: whether `--dry-run` is given. */
  readonly planOnly?: boolean | undefined
}

interface Subject {
  /** The name of the topic, group or store to change. On a protected profile, the user types it to confirm the change. */
  readonly name: string
  /** A yes-or-no question. Absent: the user has to confirm the change only on a protected profile. */
  readonly question?: string | undefined
  /** A yes-or-no question about events that the change deletes as a consequence. Absent: it deletes none. */
  readonly deletion?: string | undefined
}

interface Change<Plan, Done> extends Subject, PlanOptions {
  readonly plan: Plan
  /** The plan as text. */
  readonly shown: string
  /** Whether the plan changes nothing, so that there is nothing to confirm. */
  readonly isNothing: boolean
  apply(): Promise<Done>
  /** Returns a notice about the result. */
  done(done: Done): string
}

/** Base class of commands that change a bus or an event store, most of them by a plan that the user confirms. */
export abstract class ChangeCommand extends BaseCommand {
  /** The plan names the bus. */
  protected override readonly namesBus: boolean = true
  #guard: Guard | undefined
  #target: 'bus' | 'store' | undefined

  /** Returns the command line that restores an undo file on the same bus. */
  protected readonly undoCommand = (undoFile: string): string =>
    onSameBus(`crbus reset undo ${shellWord(undoFile)}`, this.given)

  /** Opens the bus. Refuses a read-only bus now rather than in `confirm`, because making a plan may take long. */
  protected override async openBus({ planOnly = this.given['dry-run'] }: PlanOptions = {}): Promise<EventBus> {
    const config = await this.configuration()
    this.#check(config, config.guard, 'bus', planOnly)
    return super.openBus()
  }

  /** Opens the bus for a command that changes only a local file about it, so that no guard applies. */
  protected openBusToRead(): Promise<EventBus> {
    return super.openBus()
  }

  /** Adds `--wait` to the error for a group with members, if the command has the flag and it was not given. */
  protected override async withNames(thrown: unknown): Promise<unknown> {
    const error = await super.withNames(thrown)
    // A group that becomes active during a change has an outcome, and waiting would not undo it.
    const isActive = error instanceof EventBusError && error.code === 'GROUP_ACTIVE' && error.outcome === undefined
    if (!isActive || !('wait' in this.ctor.flags) || this.given.wait !== undefined) return error
    const { message, group, hints, cause } = error
    return new EventBusError('GROUP_ACTIVE', message, {
      group,
      hints: [...hints, operationHints.waitForMembers()],
      cause,
    })
  }

  /** Guards a bus that is not the one of the command's own flags, such as the target of a copy, by the settings for it. */
  protected guardTarget(config: Config, planOnly: boolean): void {
    this.#check(config, config.guard, 'bus', planOnly)
  }

  /** Opens the event store that the configuration names. The profile in force guards its store like its bus. */
  protected async openStoreSetup(): Promise<StoreSetup> {
    const config = await this.configuration()
    // A guard that applies because the bus has the address of a guarded profile does not cover the store.
    const guard = config.guard?.isByAddress ? undefined : config.guard
    this.#check(config, guard, 'store', this.given['dry-run'])
    return this.context.openStoreSetup(config.store.value)
  }

  /** Asks the user to confirm a change, then unlocks a protected bus. Throws `RefusedError` if the change is not confirmed. */
  protected async confirm({ name, question, deletion }: Subject): Promise<void> {
    const { yes, confirm, 'allow-delete': isAllowed } = this.given
    const unagreed = isAllowed ? undefined : deletion
    if (this.#target !== undefined) await this.noteProjectChoice(this.#target)
    const where = await this.where()
    const request = { name, question, where, yes, confirm, guard: this.#guard, alternatives: this.#dryRun() }
    await confirmOrRefuse(this.context, { ...request, deletion: unagreed })
    this.unlock()
  }

  /** Waits until a group has no members, for at most `wait` milliseconds. Throws `GROUP_ACTIVE` if it still has some then. */
  protected async waitUntilEmpty(bus: EventBus, group: string, wait: number): Promise<void> {
    const { waitUntilEmpty } = await import('../../operations/reset/preconditions.ts')
    const onWait = (members: readonly string[]) => void this.notice(`waiting for ${members.join(', ')} to leave`)
    await waitUntilEmpty(bus, group, wait, { signal: this.signal, onWait })
  }

  /** Returns the folder of undo files: that of `--undo-dir`, else the default. */
  protected undoFolder({ 'undo-dir': folder }: { readonly 'undo-dir'?: string | undefined }): string {
    return folder === undefined ? this.context.undoFolder : resolve(this.context.cwd, folder)
  }

  /** Shows a plan, asks for confirmation and applies it. Returns the `--json` document: plan, `applied` and result. */
  protected async carryOut<Plan extends object, Done extends object>(
    change: Change<Plan, Done>,
  ): Promise<Plan & { readonly applied: boolean } & Partial<Done>> {
    const { plan, planOnly = this.given['dry-run'] } = change
    const where = await this.where()
    await this.print(`${where === undefined ? '' : `BUS  ${where}\n\n`}${change.shown}`)
    // The plan is part of the answer even if the change is then refused.
    this.partial = { ...plan, applied: false }
    if (planOnly || change.isNothing) return { ...plan, applied: false } as Plan & { applied: boolean } & Partial<Done>
    await this.confirm(change)
    const result = await change.apply()
    await this.notice(change.done(result))
    return { ...plan, applied: true, ...result }
  }

  /**
   * Stores the guard and the target for `confirm`. Throws `RefusedError` if the profile is read-only, or if the target is only the
   * default and a configuration file was ignored.
   */
  #check(config: Config, guard: Guard | undefined, target: 'bus' | 'store', planOnly = false): void {
    this.#guard = guard
    this.#target = target
    if (planOnly) return
    if (guard?.kind === 'read-only') throw refusedBy(guard, config, ...this.#dryRun())
    if (config.ignored === undefined || config[target].from !== 'default') return
    // The ignored file may name another target, so the change must not silently go to the default, a local file.
    throw new RefusedError(
      `no ${target === 'bus' ? 'bus' : 'event store'} is configured for this change; nothing was done: ${config.ignored}`,
      [
        flag(target === 'bus' ? '-b host:port' : '--store postgres://user:password@host/database'),
        flag('--data-dir .crbus'),
      ],
    )
  }

  /** Names the bus of the change in one line. `undefined` for an event store, and for the embedded bus without a profile. */
  protected async where(): Promise<string | undefined> {
    const bus = this.#target === 'bus' ? await this.namedBus() : undefined
    return bus && (await import('../../ui/profiles/format-bus.ts')).formatBus(bus, this.context.io.color)
  }

  #dryRun(): readonly Suggestion[] {
    return 'dry-run' in this.ctor.flags ? [flag('--dry-run', 'shows the change without making it')] : []
  }
}
