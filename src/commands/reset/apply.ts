import { resolve } from 'node:path'
import { Args } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, timeFlags, undoFlags, waitFlag } from '../../cli/base/flags.ts'
import { toWait } from '../../cli/base/parse-flags.ts'
import { applyReset } from '../../operations/reset/apply.ts'
import { readPlanFile } from '../../operations/reset/plan-file.ts'
import { saveUndoIn } from '../../operations/reset/undo-files.ts'
import { wordsOfReset } from '../../ui/format-reset.ts'
import type { ResetDocument } from '../../ui/notes/reset-notes.ts'

export default class ResetApply extends ChangeCommand {
  static override summary = 'Apply a plan that "crbus reset --plan-out" wrote'
  static override document = 'reset'
  static override description =
    'The command refuses a stale plan: the group has committed offsets since, or the log no longer has the offsets of the plan.'
  static override examples = ['<%= config.bin %> reset apply plan.json']
  static override args = { plan: Args.string({ description: 'Plan file', required: true, ignoreStdin: true }) }
  static override flags = { ...busFlags, ...changeFlags, ...undoFlags, ...timeFlags, wait: waitFlag }

  async run(): Promise<ResetDocument & { readonly applied: boolean }> {
    const { args, flags } = await this.parse(ResetApply)
    const wait = toWait(flags.wait)
    const plan = await readPlanFile(resolve(this.context.cwd, args.plan))
    const bus = await this.openBus()
    return this.carryOut({
      ...wordsOfReset(plan, this.undoCommand, { timeZone: this.timeZone, width: this.tableWidth }),
      apply: async () => {
        await this.waitUntilEmpty(bus, plan.group, wait)
        return applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now: this.context.now() })
      },
    })
  }
}
