import { resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import type { EventBus } from '../../bus/event-bus.ts'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { busFlags, changeFlags, timeFlags, undoFlags, waitFlag } from '../../cli/base/flags.ts'
import { toWait } from '../../cli/base/parse-flags.ts'
import { RefusedError, UsageError } from '../../cli/errors.ts'
import { run, shellWord } from '../../cli/suggestions.ts'
import { applyReset } from '../../operations/reset/apply.ts'
import { planUndo, type UndoRecord } from '../../operations/reset/undo.ts'
import { lastUndo, listUndoFiles, readUndoFile, saveUndoIn } from '../../operations/reset/undo-files.ts'
import { wordsOfReset } from '../../ui/format-reset.ts'
import type { ResetDocument } from '../../ui/notes/reset-notes.ts'

export default class ResetUndo extends ChangeCommand {
  static override summary = 'Restore the committed offsets from before a change'
  static override document = 'reset'
  static override description =
    'Reads the undo file that every change of offsets saves. The undo also shows a plan and saves an undo file: to redo the change, undo twice.'
  static override examples = [
    '<%= config.bin %> reset undo --last',
    '<%= config.bin %> reset undo --last --group billing',
  ]
  static override args = { file: Args.string({ description: 'Undo file', ignoreStdin: true }) }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    ...undoFlags,
    ...timeFlags,
    wait: waitFlag,
    last: Flags.boolean({ description: 'Use the newest undo file of this bus' }),
    group: Flags.string({
      char: 'g',
      description: 'Use the newest undo file of this group; needs --last',
      dependsOn: ['last'],
      helpValue: 'GROUP',
    }),
  }

  async run(): Promise<ResetDocument & { readonly applied: boolean }> {
    const { args, flags } = await this.parse(ResetUndo)
    if ((args.file === undefined) === !flags.last) {
      const newest = (await listUndoFiles(this.undoFolder(flags))).slice(0, 3)
      throw new UsageError('name an undo file, or give --last', [
        run('crbus reset undo --last'),
        ...newest.map((path) => run(`crbus reset undo ${shellWord(path)}`)),
      ])
    }
    const wait = toWait(flags.wait)
    const bus = await this.openBus()
    const now = this.context.now()
    const plan = await planUndo(bus, await this.#record(bus, args.file, this.undoFolder(flags), flags.group), now)
    return this.carryOut({
      ...wordsOfReset(plan, this.undoCommand, { timeZone: this.timeZone, width: this.tableWidth }),
      apply: async () => {
        await this.waitUntilEmpty(bus, plan.group, wait)
        return applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now })
      },
    })
  }

  async #record(
    bus: EventBus,
    file: string | undefined,
    folder: string,
    group: string | undefined,
  ): Promise<UndoRecord> {
    if (file !== undefined) return readUndoFile(resolve(this.context.cwd, file))
    const { clusterId } = await bus.admin.describeCluster()
    const last = await lastUndo(folder, clusterId, group)
    if (last) return last.record
    throw new RefusedError(
      `${folder} has no undo file of ${group === undefined ? 'this bus' : `group '${group}' on this bus`}`,
    )
  }
}
