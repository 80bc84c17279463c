import { Args } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags, readFlags, timeFlags, undoFlags } from '../../cli/base/flags.ts'
import { applyReset } from '../../operations/reset/apply.ts'
import { planReset } from '../../operations/reset/make-plan.ts'
import { saveUndoIn } from '../../operations/reset/undo-files.ts'
import { wordsOfReset } from '../../ui/format-reset.ts'
import type { ResetDocument } from '../../ui/notes/reset-notes.ts'

export default class GroupsClone extends ChangeCommand {
  static override summary = 'Copy the committed offsets of a group to another group'
  static override document = 'reset'
  static override description =
    'Creates the target group if it does not exist. Works like "crbus reset --to group:FROM" for all committed offsets, with the same plan and undo file.'
  static override examples = ['<%= config.bin %> groups clone billing billing-v2 --dry-run']
  static override args = {
    from: Args.string({ description: 'Group to copy offsets from', required: true, ignoreStdin: true }),
    to: Args.string({ description: 'Group to copy offsets to', required: true, ignoreStdin: true }),
  }
  static override flags = { ...readFlags, ...changeFlags, ...undoFlags, ...timeFlags }

  async run(): Promise<ResetDocument & { readonly applied: boolean }> {
    const { args, flags } = await this.parse(GroupsClone)
    const bus = await this.openBus()
    const now = this.context.now()
    const plan = await planReset(bus, {
      group: args.to,
      scope: 'committed',
      target: { kind: 'group', group: args.from },
      to: `group:${args.from}`,
      newGroup: true,
      now,
      signal: this.signal,
    })
    return this.carryOut({
      ...wordsOfReset(plan, this.undoCommand, { timeZone: this.timeZone, width: this.tableWidth }),
      apply: () => applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now }),
    })
  }
}
