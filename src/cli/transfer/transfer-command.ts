import { Flags } from '@oclif/core'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionOfLane } from '../../operations/transfer/deliver/item.ts'
import { applyReplay, type ReplayOptions } from '../../operations/transfer/replay/apply.ts'
import type { KnownBus, ReplayPlan } from '../../operations/transfer/replay/plan.ts'
import { ProgressLine } from '../../ui/records/progress-line.ts'
import { listed, plural } from '../../ui/text/listed.ts'
import { formatReplay, replayDocument, replayQuestion } from '../../ui/transfer/format-replay.ts'
import { ChangeCommand } from '../base/change-command.ts'
import { lockBus, refusedBy } from '../config/guard.ts'
import { nameBus } from '../named-bus.ts'
import { youngGenerationBound } from '../process/young-generation.ts'

/** Flags that choose the bus to append to. */
export const targetFlags = {
  'to-profile': Flags.string({
    description: 'Profile of the bus to append to (default: the bus that is read)',
    helpGroup: 'TARGET',
    helpValue: 'NAME',
  }),
  'to-brokers': Flags.string({
    description: 'Brokers of the bus to append to, separated by commas',
    helpGroup: 'TARGET',
    helpValue: 'HOST:PORT',
  }),
  'to-data-dir': Flags.string({
    description: 'Folder of the embedded bus to append to',
    helpGroup: 'TARGET',
    helpValue: 'FOLDER',
    exclusive: ['to-brokers'],
  }),
}

interface TargetValues {
  readonly 'to-profile'?: string | undefined
  readonly 'to-brokers'?: string | undefined
  readonly 'to-data-dir'?: string | undefined
  readonly 'dry-run'?: boolean | undefined
}

interface Transfer {
  readonly source: KnownBus
  readonly target: KnownBus
  readonly plan: ReplayPlan
  readonly options: Omit<ReplayOptions, 'signal'>
}

/** The most partitions that the notice about an interruption names. */
const MAX_STOPPED = 5

/** Base class of commands that read one bus and append to the same or another one. Only the one that is changed is guarded. */
export abstract class TransferCommand extends ChangeCommand {
  #target: EventBus | undefined
  #where: string | undefined

  /** Opens the bus to read and the bus to append to. Refuses a read-only target now. */
  protected async openBoth(flags: TargetValues): Promise<{ readonly source: KnownBus; readonly target: KnownBus }> {
    const { 'to-profile': profile, 'to-brokers': brokers, 'to-data-dir': folder } = flags
    const planOnly = flags['dry-run'] ?? false
    if (profile === undefined && brokers === undefined && folder === undefined) {
      const known = await identified(await this.openBus({ planOnly }))
      return { source: known, target: known }
    }
    const source = await identified(await this.openBus({ planOnly: true }))
    const config = await this.context.config({ profile, brokers, 'data-dir': folder })
    this.guardTarget(config, planOnly)
    const { consent, guard } = config
    if (consent !== undefined && consent.bus.length > 0) {
      const { refuseWithoutConsent } = await import('../config/trust/given-consent.ts')
      refuseWithoutConsent(consent, consent.bus, this.context.stateFolder)
    }
    const opened = await this.context.openBus(config.bus.value, {})
    this.#target = opened
    let bus = opened
    if (guard !== undefined) {
      const locked = lockBus(opened, () => refusedBy(guard, config))
      bus = locked.bus
      // A read-only profile cannot be unlocked by confirmation.
      if (guard.kind === 'protected') this.unlock = locked.unlock
    }
    const target = await identified(bus)
    const { formatBus } = await import('../../ui/profiles/format-bus.ts')
    this.#where = formatBus({ ...nameBus(config), ...target.identity }, this.context.io.color) ?? target.identity.kind
    return { source, target }
  }

  /** Shows the plan, asks for confirmation and appends the records. Returns the `--json` document. */
  protected async transfer({ source, target, plan, options }: Transfer) {
    const { signal } = this
    const verb = plan.kind === 'copy' ? 'copied' : 'replayed'
    return this.carryOut({
      plan: replayDocument(plan),
      name: plan.target,
      shown: formatReplay(plan, this.timeZone, this.tableWidth),
      isNothing: plan.seen.records === 0,
      question: replayQuestion(plan),
      apply: async () => {
        const share = (count: number) => (plan.isWhole ? count / plan.seen.records : undefined)
        const progress = new ProgressLine(this.context.io, share, this.context.stop.readerLeft, {
          ...{ verb, sharesTerminal: false },
        })
        const boundMemory = youngGenerationBound()
        const summary = { appended: 0, found: 0, complete: false }
        try {
          for await (const { delivered, found } of applyReplay(source.bus, target.bus, plan, { ...options, signal })) {
            summary.appended = delivered - found
            summary.found = found
            this.partial = { ...replayDocument(plan), applied: true, ...summary }
            progress.update(delivered)
            boundMemory()
          }
        } finally {
          progress.end(summary.appended + summary.found)
        }
        summary.complete = !signal.aborted
        const stopped = signal.aborted ? stoppedAt(plan) : []
        return { ...summary, ...(stopped.length > 0 && { stopped }) }
      },
      done: ({ appended, found, complete, stopped = [] }) => {
        const before = found === 0 ? '' : `; ${found} were there already`
        if (complete) return `${plural(appended, 'event')} ${verb}${before}`
        const where = stopped.map(({ partition, offset }) => `${plan.topic}[${partition}]@${offset}`)
        const last = where.length === 0 ? '' : ` (the last ones are ${listed(where, MAX_STOPPED)})`
        return `interrupted: ${plural(appended, 'event')} ${verb}${before}${last}; run the same command again to continue`
      },
    })
  }

  /** Names the bus that is changed. */
  protected override async where(): Promise<string | undefined> {
    return this.#where ?? super.where()
  }

  override async _run<T>(): Promise<T> {
    try {
      return await super._run<T>()
    } finally {
      await this.#target?.close()
    }
  }
}

/** Returns the last record of each partition that was appended before an interruption. */
function stoppedAt({ stateFile }: ReplayPlan): readonly { readonly partition: number; readonly offset: bigint }[] {
  const last = new Map<number, bigint>()
  for (const [route, offset] of stateFile.read()?.done ?? []) {
    const { partition } = partitionOfLane(route.split(' ')[0] ?? '')
    if (offset > (last.get(partition) ?? -1n)) last.set(partition, offset)
  }
  return [...last].map(([partition, offset]) => ({ partition, offset })).sort((a, b) => a.partition - b.partition)
}

const identified = async (bus: EventBus): Promise<KnownBus> => {
  const { kind, clusterId } = await bus.admin.describeCluster()
  return { bus, identity: { kind, clusterId } }
}
