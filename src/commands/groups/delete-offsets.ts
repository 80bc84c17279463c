import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, timeFlags, undoFlags } from '../../cli/base/flags.ts'
import { toTopicChoices } from '../../cli/base/parse-flags.ts'
import { applyReset } from '../../operations/reset/apply.ts'
import { planReset } from '../../operations/reset/make-plan.ts'
import { parseTopicChoice } from '../../operations/reset/target.ts'
import { saveUndoIn } from '../../operations/reset/undo-files.ts'
import { wordsOfReset } from '../../ui/format-reset.ts'
import type { ResetDocument } from '../../ui/notes/reset-notes.ts'

export default class GroupsDeleteOffsets extends ChangeCommand {
  static override summary = 'Delete the committed offsets of a group on topics or partitions'
  static override document = 'reset'
  static override description =
    'Members of the group then start on these partitions like members of a new group. The group must be stopped. The command saves an undo file for "crbus reset undo".'
  static override examples = ['<%= config.bin %> groups delete-offsets billing --topic order-events:0,1']
  static override args = { group: Args.string({ description: 'Group to change', required: true, ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    ...undoFlags,
    ...timeFlags,
    topic: Flags.string({
      char: 't',
      description: 'Topic, or some of its partitions, such as order-events:0,1; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
      helpValue: 'TOPIC[:PARTITIONS]',
    }),
  }

  async run(): Promise<ResetDocument & { readonly applied: boolean }> {
    const { args, flags } = await this.parse(GroupsDeleteOffsets)
    const scope = toTopicChoices(flags.topic, parseTopicChoice)
    const bus = await this.openBus()
    const now = this.context.now()
    const target = { kind: 'nothing' } as const
    const plan = await planReset(bus, { group: args.group, scope, target, to: 'nothing committed', now })
    return this.carryOut({
      ...wordsOfReset(plan, this.undoCommand, { timeZone: this.timeZone, width: this.tableWidth }),
      apply: () => applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now }),
    })
  }
}
