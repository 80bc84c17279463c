import { DOCTOR_EXITS, WatchingDoctorCommand } from '../../cli/base/doctor-command.ts'
import { diagnoseDuplicates } from '../../operations/doctor/duplicates.ts'

export default class DoctorDuplicates extends WatchingDoctorCommand {
  static override summary = 'Find out why a consumer group sees events twice'
  static override description = [
    'Watches the group: rebalances and members that come and go, offsets that move back, and commits that come late, because the events since the last commit are delivered again. Also finds events that are in a topic twice, among the newest 1000. A rebalance shorter than half a second that ends with the same members is not seen.',
    DOCTOR_EXITS,
  ].join('\n\n')
  static override examples = ['<%= config.bin %> doctor duplicates --group billing --for 1m']

  protected readonly watch = diagnoseDuplicates
}
