import { type Diagnosis, DOCTOR_EXITS, DoctorCommand } from '../cli/base/doctor-command.ts'
import { busFlags } from '../cli/base/flags.ts'
import { UsageError } from '../cli/errors.ts'
import { isUnreachable, judgeConnection } from '../operations/doctor/connection.ts'
import { judgeFile } from '../operations/doctor/file.ts'
import type { Finding } from '../operations/doctor/finding.ts'
import { judgeStore, storeFailed } from '../operations/doctor/store.ts'
import { judgeTopics } from '../operations/doctor/topics.ts'

export default class Doctor extends DoctorCommand {
  static override summary = 'Check the bus and the event store as a whole'
  static override description = [
    'Connects to each broker and to each address that the brokers advertise, stage by stage: name, TCP, TLS and its certificate, requests, login. Then checks partitions and replicas, and the topics that crbus.json declares. Of an embedded bus, it checks the file and its disk. Of the event store, if there is one, it checks the tables, and finds messages and timers that have waited for more than a minute, who holds the lease to publish them, and dead letters. The clocks of brokers are not compared, because no request of Kafka returns the time.',
    DOCTOR_EXITS,
  ].join('\n\n')
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor -b kafka-1:9092 --json']
  static override flags = { ...busFlags }

  protected async diagnose(): Promise<Diagnosis> {
    await this.parse(Doctor)
    const { bus } = await this.configuration()
    const probe = await this.probeBus()
    if (probe.kind === 'kafka') {
      const expected = bus.value.kind === 'kafka' ? bus.value.clusterId : undefined
      const findings = judgeConnection(probe, this.context.now(), expected)
      if (isUnreachable(probe)) return { findings: [...findings, ...(await this.#store())], isUnreachable: true }
      // A bus of another cluster refuses to open.
      const isOther = findings.some(({ code }) => code === 'other-cluster')
      return { findings: [...findings, ...(isOther ? [] : await this.#topics()), ...(await this.#store())] }
    }
    const findings = judgeFile(probe)
    const isReadable = probe.error === undefined && (probe.damage ?? []).length === 0
    return { findings: [...findings, ...(isReadable ? await this.#topics() : []), ...(await this.#store())] }
  }

  protected override readonly mayPrecedeBus = true

  async #topics(): Promise<readonly Finding[]> {
    const { topics } = await this.configuration()
    if (topics.size === 0) return []
    const declared = new Map([...topics].map(([topic, { value }]) => [topic, value] as const))
    return judgeTopics(await this.openBus(), declared)
  }

  /** Checks the event store that the configuration names, or the one beside the embedded bus if its file exists. */
  async #store(): Promise<readonly Finding[]> {
    try {
      const setup = await this.openExistingStore()
      if (setup === undefined) return []
      await using store = setup
      return await judgeStore(store)
    } catch (thrown) {
      // The address of the store is not known, for example because an environment variable is not set.
      if (!(thrown instanceof UsageError)) throw thrown
      return [storeFailed(thrown.message)]
    }
  }
}
