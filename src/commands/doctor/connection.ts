import { type Diagnosis, DOCTOR_EXITS, DoctorCommand } from '../../cli/base/doctor-command.ts'
import { busFlags } from '../../cli/base/flags.ts'
import { isUnreachable, judgeConnection } from '../../operations/doctor/connection.ts'
import { judgeFile } from '../../operations/doctor/file.ts'

export default class DoctorConnection extends DoctorCommand {
  static override summary = 'Check why the bus cannot be reached, stage by stage'
  static override description = [
    'Connects to each broker and to each address that the brokers advertise: resolves the name, connects by TCP, completes the TLS handshake and shows the certificate, asks for the supported requests, logs in, and asks for the brokers of the cluster. Stops at the first stage that fails. All addresses are checked at the same time, for 9 seconds at most.',
    DOCTOR_EXITS,
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> doctor connection -b kafka-1:9092',
    '<%= config.bin %> doctor connection --profile prod --json',
  ]
  static override flags = { ...busFlags }

  protected async diagnose(): Promise<Diagnosis> {
    await this.parse(DoctorConnection)
    const { bus } = await this.configuration()
    const probe = await this.probeBus()
    if (probe.kind === 'embedded') return { findings: judgeFile(probe) }
    const expected = bus.value.kind === 'kafka' ? bus.value.clusterId : undefined
    const findings = judgeConnection(probe, this.context.now(), expected)
    return { findings, isUnreachable: isUnreachable(probe) }
  }
}
