import { Args } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, timeFlags, undoFlags } from '../../cli/base/flags.ts'
import { applyGroupDeletion, planGroupDeletion } from '../../operations/reset/delete-groups.ts'
import { saveUndoIn } from '../../operations/reset/undo-files.ts'
import { groupDeletionQuestion, wordsOfReset } from '../../ui/format-reset.ts'
import type { ResetDocument } from '../../ui/notes/reset-notes.ts'

export default class GroupsDelete extends ChangeCommand {
  static override summary = 'Delete consumer groups and their committed offsets'
  static override document = 'groups/delete'
  static override description =
    'The groups must be stopped. The command saves an undo file for each group, for "crbus reset undo".'
  static override strict = false
  static override usage = 'groups delete GROUP...'
  static override examples = ['<%= config.bin %> groups delete old-billing --dry-run']
  static override args = { group: Args.string({ description: 'Groups to delete', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...changeFlags, ...undoFlags, ...timeFlags }

  async run(): Promise<{ readonly groups: readonly ResetDocument[]; readonly applied: boolean }> {
    const { argv, flags } = await this.parse(GroupsDelete)
    const bus = await this.openBus()
    const now = this.context.now()
    const groups = await planGroupDeletion(bus, [...new Set(argv as string[])], now)
    const texts = groups.map((group) =>
      wordsOfReset(group, this.undoCommand, { timeZone: this.timeZone, width: this.tableWidth }),
    )
    return this.carryOut({
      plan: { groups: texts.map(({ plan }) => plan) },
      name: groups.map(({ group }) => group).join(','),
      shown: texts.map(({ shown }) => shown).join('\n'),
      isNothing: false,
      question: groupDeletionQuestion(groups),
      apply: async () => ({
        deleted: await applyGroupDeletion(bus, groups, { saveUndo: saveUndoIn(this.undoFolder(flags)), now }),
      }),
      done: ({ deleted }) => texts.map(({ done }, index) => deleted[index] && done(deleted[index])).join('\n'),
    })
  }
}
