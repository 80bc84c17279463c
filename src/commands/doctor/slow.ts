import {
  type Diagnosis,
  DOCTOR_EXITS,
  DoctorCommand,
  groupDoctorFlags,
  watchFlag,
} from '../../cli/base/doctor-command.ts'
import { diagnoseSlowness } from '../../operations/doctor/slow.ts'

export default class DoctorSlow extends DoctorCommand {
  static override summary = 'Find out why a consumer group lags'
  static override description = [
    'Measures the lag twice and reads the first waiting events. Finds a lag that grows, members without partitions, too few members, a partition or a record key with most of the waiting events, a partition in which nothing is committed, and an event there that cannot be decoded.',
    DOCTOR_EXITS,
  ].join('\n\n')
  static override examples = ['<%= config.bin %> doctor slow --group billing --for 30s']
  static override flags = { ...groupDoctorFlags, for: watchFlag }

  protected async diagnose(): Promise<Diagnosis> {
    const { flags } = await this.parse(DoctorSlow)
    const request = this.watchRequest(flags)
    return { findings: await diagnoseSlowness(await this.openBus(), request) }
  }
}
