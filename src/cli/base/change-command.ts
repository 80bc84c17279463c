import { resolve } from 'node:path'
import type { EventBus } from '../../bus/event-bus.ts'
import type { StoreSetup } from '../../store/layout.ts'
import type { Config } from '../config/config.ts'
import { type Guard, refusedBy } from '../config/guard.ts'
import { RefusedError } from '../errors.ts'
import { confirmOrRefuse } from '../process/confirm.ts'
import type { BusFlags } from '../process/context.ts'
import { BaseCommand } from './base-command.ts'

/** How a change was agreed to beforehand. A command has those of them that it can use. */
interface ChangeFlags {
  readonly 'dry-run'?: boolean | undefined
  readonly yes?: boolean | undefined
  readonly confirm?: string | undefined
}

interface Subject {
  /** What is changed: the word to type where a profile is protected. */
  readonly name: string
  /** Absent: where nothing guards the bus, nobody is asked. */
  readonly question?: string | undefined
}

interface Change<Plan, Done> extends Subject {
  readonly plan: Plan
  /** The plan for people. */
  readonly shown: string
  readonly isNothing: boolean
  apply(): Promise<Done>
  /** What is said when it is done. */
  done(done: Done): string
}

/** A command that changes a bus when that was agreed to, mostly after showing a plan. */
export abstract class ChangeCommand extends BaseCommand {
  #guard: Guard | undefined
  /** What is changed, for saying whose choice it was. */
  #changed: { readonly config: Config; readonly part: 'bus' | 'store' } | undefined

  /** Refuses at once where a profile is read-only: a plan may take long. */
  protected override async openBus(flags: BusFlags & ChangeFlags): Promise<EventBus> {
    const config = await this.configOf(flags)
    this.#heed(config, config.guard, flags)
    this.#prepare(config, 'bus', flags)
    return super.openBus(flags)
  }

  /** Reaches the event store that flags, environment and files name. A profile guards its store as it does its bus. */
  protected async openStoreSetup(flags: BusFlags & ChangeFlags): Promise<StoreSetup> {
    const config = await this.configOf(flags)
    // Whose bus it is says nothing of a store.
    this.#heed(config, config.guard?.isByAddress ? undefined : config.guard, flags)
    this.#prepare(config, 'store', flags)
    return this.context.openStoreSetup(config.store.value)
  }

  /** Gets what a change needs to be agreed to, or refuses. Until then the bus of a guarded profile takes no change. */
  protected async agree({ yes, confirm }: ChangeFlags, { name, question }: Subject): Promise<void> {
    const guard = this.#guard
    if (this.#changed !== undefined) await this.sayProjectChoice(this.#changed.config, this.#changed.part)
    await confirmOrRefuse(this.context, { name, question, yes, confirm, guard, alternatives: this.#dryRun() })
    this.unlock()
  }

  /** Where undo files are saved and looked for. */
  protected undoFolder({ 'undo-dir': folder }: { readonly 'undo-dir'?: string | undefined }): string {
    return folder === undefined ? this.context.undoFolder : resolve(this.context.cwd, folder)
  }

  /** The plan, whether it was applied and what came of it: the `--json` document. */
  protected async carryOut<Plan extends object, Done extends object>(
    flags: ChangeFlags,
    { plan, shown, isNothing, apply, done, ...subject }: Change<Plan, Done>,
  ): Promise<Plan & { readonly applied: boolean } & Partial<Done>> {
    await this.print(shown)
    // A plan is an answer of its own to whoever is then asked, or refused.
    this.partial = { ...plan, applied: false }
    if (flags['dry-run'] || isNothing) return { ...plan, applied: false } as Plan & { applied: boolean } & Partial<Done>
    await this.agree(flags, subject)
    const result = await apply()
    await this.notice(done(result))
    return { ...plan, applied: true, ...result }
  }

  #prepare(config: Config, part: 'bus' | 'store', flags: ChangeFlags): void {
    this.#changed = { config, part }
    if (config.ignored === undefined || config[part].from !== 'default' || flags['dry-run']) return
    // The file may name another place, and a change must not go to a local file for want of it.
    throw new RefusedError(`no flag and no file says where this goes; nothing was done: ${config.ignored}`, [
      ...(part === 'bus' ? ['-b host:port'] : ['--store postgres://user:password@host/database']),
      '--data-dir .crbus',
    ])
  }

  #heed(config: Config, guard: Guard | undefined, flags: ChangeFlags): void {
    this.#guard = guard
    if (guard?.kind === 'read-only' && !flags['dry-run']) throw refusedBy(guard, config, ...this.#dryRun())
  }

  #dryRun(): string[] {
    return 'dry-run' in this.ctor.flags ? ['--dry-run to see what it would do'] : []
  }
}
