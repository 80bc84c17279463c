import { Flags } from '@oclif/core'
import { type Diagnosis, DOCTOR_EXITS, DoctorCommand, groupDoctorFlags } from '../../cli/base/doctor-command.ts'
import { diagnoseEvents } from '../../operations/doctor/events.ts'

export default class DoctorEvents extends DoctorCommand {
  static override summary = 'Find out why a consumer group sees no events of a topic'
  static override description = [
    'Checks that the topic exists and holds events, that the group exists and has members, that they subscribe to the topic and own all its partitions, and where the group is in the log: it may begin after the events, be outside the log, wait for an open transaction, or stand before an event that cannot be read.',
    DOCTOR_EXITS,
  ].join('\n\n')
  static override examples = ['<%= config.bin %> doctor events --topic order-events --group billing']
  static override flags = {
    ...groupDoctorFlags,
    topic: Flags.string({
      char: 't',
      description: 'Topic of the events',
      required: true,
      helpValue: 'TOPIC',
    }),
  }

  protected async diagnose(): Promise<Diagnosis> {
    const { flags } = await this.parse(DoctorEvents)
    return { findings: await diagnoseEvents(await this.openBus(), flags) }
  }
}
