import { DOCTOR_EXITS, WatchingDoctorCommand } from '../../cli/base/doctor-command.ts'
import { diagnoseSlowness } from '../../operations/doctor/slow.ts'

export default class DoctorSlow extends WatchingDoctorCommand {
  static override summary = 'Find out why a consumer group lags'
  static override description = [
    'Measures the lag twice and reads the first waiting events. Finds a lag that grows, members without partitions, too few members, a partition or a record key with most of the waiting events, a partition in which nothing is committed any more or was ever committed, and an event there that cannot be decoded.',
    DOCTOR_EXITS,
  ].join('\n\n')
  static override examples = ['<%= config.bin %> doctor slow --group billing --for 30s']

  protected readonly watch = diagnoseSlowness
}
