import { Args, Flags } from '@oclif/core'
import type { SettingChanges } from '../../bus/admin.ts'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, deletionFlag } from '../../cli/base/flags.ts'
import { toPair } from '../../cli/base/parse-flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { flag } from '../../cli/suggestions.ts'
import { applyAlterTopic, planAlterTopic, type TopicAltered } from '../../operations/topics/alter.ts'
import { deletionDocument, deletionQuestion } from '../../ui/notes/deletion-notes.ts'
import { plural } from '../../ui/text/listed.ts'
import { formatAlterTopic } from '../../ui/topics/format-alter-topic.ts'

export default class TopicsAlter extends ChangeCommand {
  static override summary = 'Change the settings of a topic'
  static override document = 'topics/alter'
  static override description =
    'Shows each setting with its value and source before and after the change, and what a shorter retention or compaction would delete. The broker checks the values before anything is changed. A change that deletes events needs its own agreement.'
  static override examples = [
    '<%= config.bin %> topics alter order-events --config retention.ms=604800000 --dry-run',
    '<%= config.bin %> topics alter order-events --config cleanup.policy=compact --delete-config retention.ms',
  ]
  static override args = { topic: Args.string({ description: 'Topic to change', required: true, ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    ...deletionFlag,
    config: Flags.string({
      description: 'Setting to set; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME=VALUE',
    }),
    'delete-config': Flags.string({
      description: 'Setting to remove from the topic, so that the default of the cluster applies; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
    }),
  }

  async run() {
    const { args, flags } = await this.parse(TopicsAlter)
    const wanted = toChanges(flags.config, flags['delete-config'])
    const bus = await this.openBus()
    const { plan, refusal } = await planAlterTopic(bus, args.topic, wanted, this.context.now())
    const { kind } = await bus.admin.describeCluster()
    const { topic, changes, deletions } = plan
    const result = await this.carryOut({
      plan: { ...plan, deletions: deletions.map(deletionDocument) },
      name: topic,
      shown: formatAlterTopic(plan, this.tableWidth),
      // Settings that the broker refuses are shown too.
      planOnly: refusal === undefined ? undefined : true,
      isNothing: changes.length === 0,
      question: `Change ${plural(changes.length, 'setting')} of topic ${topic} on ${kind}?`,
      deletion: deletionQuestion(deletions),
      apply: (): Promise<TopicAltered> => applyAlterTopic(bus, plan),
      done: ({ settings }) => `changed ${plural(settings.length, 'setting')} of ${topic}`,
    })
    if (refusal !== undefined) throw refusal
    return result
  }
}

function toChanges(set: readonly string[] = [], remove: readonly string[] = []): SettingChanges {
  if (set.length + remove.length === 0) {
    throw new UsageError('name a setting to change', [
      flag('--config retention.ms=604800000'),
      flag('--delete-config retention.ms'),
    ])
  }
  const pairs = set.map((one) => toPair('--config', one, 'retention.ms=604800000'))
  const names = [...pairs.map(([name]) => name), ...remove]
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw new UsageError(`setting '${twice}' is given twice`)
  return Object.fromEntries([...pairs, ...remove.map((name) => [name, null] as const)])
}
