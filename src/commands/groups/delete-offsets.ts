import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, undoFlags } from '../../cli/base/flags.ts'
import { UsageError } from '../../cli/errors.ts'
import { applyReset } from '../../operations/reset/apply.ts'
import type { ResetPlan } from '../../operations/reset/effects.ts'
import { saveUndoIn } from '../../operations/reset/files.ts'
import { planReset } from '../../operations/reset/plan.ts'
import { parseTopicChoice } from '../../operations/reset/target.ts'
import { wordsOfReset } from '../../ui/format-reset.ts'

export default class GroupsDeleteOffsets extends ChangeCommand {
  static override summary = 'forget what a group has committed on topics or partitions'
  static override description =
    'Its members then begin there as a new group would. Needs the group stopped, and saves an undo file for "crbus reset undo".'
  static override examples = ['<%= config.bin %> groups delete-offsets billing --topic order-events:0,1']
  static override args = { group: Args.string({ description: 'group', required: true, ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    ...undoFlags,
    topic: Flags.string({
      char: 't',
      description: 'topic, or some of its partitions; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
      helpValue: 'topic[:0,1]',
    }),
  }

  async run(): Promise<ResetPlan & { readonly applied: boolean }> {
    const { args, flags } = await this.parse(GroupsDeleteOffsets)
    const scope = flags.topic.map((text) => {
      const choice = parseTopicChoice(text)
      if (!choice)
        throw new UsageError(`--topic ${text} is neither a topic nor topic:0,1`, ['--topic order-events:0,1'])
      return choice
    })
    const bus = await this.openBus(flags)
    const now = this.context.now()
    const target = { kind: 'nothing' } as const
    const plan = await planReset(bus, { group: args.group, scope, target, to: 'nothing committed', now })
    return this.carryOut(flags, {
      plan,
      ...wordsOfReset(plan),
      apply: () => applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now }),
    })
  }
}
