import { Flags } from '@oclif/core'
import type { EventBus } from '../../bus/event-bus.ts'
import type { BusProbe } from '../../bus/probe.ts'
import { type Finding, isFault } from '../../operations/doctor/finding.ts'
import type { WatchRequest } from '../../operations/doctor/group.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { findingDocument, formatFindings } from '../../ui/format-doctor.ts'
import { write } from '../../ui/text/io.ts'
import { openExistingStore } from '../existing-store.ts'
import { suggestOnSameBus } from '../same-bus.ts'
import { formatSuggestion, toSuggestion } from '../suggestions.ts'
import { BaseCommand } from './base-command.ts'
import { defaultInDescription, readFlags } from './flags.ts'
import { toDelay } from './parse-flags.ts'

/** Flags of the commands that diagnose a group. */
export const groupDoctorFlags = {
  ...readFlags,
  group: Flags.string({
    char: 'g',
    description: 'Consumer group to diagnose',
    required: true,
    helpValue: 'GROUP',
  }),
}

/** Flag of the commands that watch a group. Kafka's clients commit every five seconds by default. */
const watchFlag = Flags.string({
  description: 'How long to watch the group (default: 10s)',
  default: '10s',
  ...defaultInDescription,
  helpValue: 'DURATION',
})

/** The paragraph about exit codes in the help of every doctor command. */
export const DOCTOR_EXITS =
  'Each finding says what is true, why it matters, and what to type to mend it. The command only reads. It ends with exit code 0 if all is well, 10 if it found an error or a warning, 3 if the bus cannot be reached, and 2 for wrong usage.'

/** A diagnosis; `isUnreachable`: no broker answered. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  readonly isUnreachable?: boolean
}

/** Base class of the commands that search for the causes of a problem. */
export abstract class DoctorCommand extends BaseCommand {
  static override document = 'doctor'

  /** Parses the flags and searches. */
  protected abstract diagnose(): Promise<Diagnosis>

  async run() {
    const { findings, isUnreachable = false } = await this.diagnose()
    const { io, stop } = this.context
    const shown = findings.map((finding) => ({
      finding,
      remedies: finding.hints.map((hint) => suggestOnSameBus(toSuggestion(hint), this.given)),
    }))
    if (!this.isJson) {
      const lines = shown.map(({ finding, remedies }) => ({
        finding,
        remedies: remedies.map((remedy) => ({ text: formatSuggestion(remedy), isTyped: !('hint' in remedy) })),
      }))
      // Some terminals report 0 columns.
      const columns = (io.stdout.isTTY && io.stdout.columns) || undefined
      const text = formatFindings(lines, { color: io.color, columns })
      await write(io.stdout, text, stop.readerLeft, { color: io.color })
    }
    const healthy = !findings.some(isFault)
    if (isUnreachable) this.couldNotConnect()
    else if (!healthy) this.foundSomething()
    return {
      healthy,
      findings: shown.map(({ finding, remedies }) => ({ ...findingDocument(finding), suggestions: remedies })),
    }
  }

  /** Connects to the bus stage by stage, if the user has consented to what the project's file asks for. */
  protected async probeBus(): Promise<BusProbe> {
    const { bus, consent } = await this.configuration()
    if (consent !== undefined && consent.bus.length > 0) await this.requireConsent(consent.bus)
    await this.warnOfSecurity()
    return this.context.probeBus(bus.value)
  }

  /** Opens the event store that the configuration names. Without one, opens that beside the embedded bus, if its file exists. */
  protected async openExistingStore(): Promise<StoreSetup | undefined> {
    return openExistingStore(await this.configuration(), this.context)
  }
}

/** Base class of the commands that watch a group for some time. */
export abstract class WatchingDoctorCommand extends DoctorCommand {
  static override flags = { ...groupDoctorFlags, for: watchFlag }

  /** Watches the group and returns the findings. */
  protected abstract readonly watch: (bus: EventBus, request: WatchRequest) => Promise<readonly Finding[]>

  protected async diagnose(): Promise<Diagnosis> {
    const { flags } = await this.parse(WatchingDoctorCommand)
    const duration = toDelay('--for', flags.for) ?? 0
    const request = { group: flags.group, duration, now: this.context.now, signal: this.signal }
    return { findings: await this.watch(await this.openBus(), request) }
  }
}
