import { resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { changeFlags, readFlags, timeFlags, undoFlags, waitFlag } from '../cli/base/flags.ts'
import { invalidPosition, toTopicChoices, toWait, utcNotice } from '../cli/base/parse-flags.ts'
import { onSameBus } from '../cli/same-bus.ts'
import { shellWord } from '../cli/suggestions.ts'
import { applyReset } from '../operations/reset/apply.ts'
import { planReset } from '../operations/reset/make-plan.ts'
import { readOffsetsFile } from '../operations/reset/offsets-file.ts'
import { writePlanFile } from '../operations/reset/plan-file.ts'
import { parseTarget, parseTopicChoice, type ResetScope, type ResetTarget } from '../operations/reset/target.ts'
import { saveUndoIn } from '../operations/reset/undo-files.ts'
import { wordsOfReset } from '../ui/format-reset.ts'
import type { ResetDocument } from '../ui/notes/reset-notes.ts'

const POSITIONS = `--to takes
  start, end, now, today, yesterday, "10m ago"
  47          an offset           current      the committed offset, unchanged
  +100, -100  relative to it      group:other  the offsets of another group
  @-1h  @1662059631  @2026-11-23  @2026-11-23T10:00:00Z
                           a day or time without a zone is UTC
  file.json   offsets from "crbus groups describe --json", a plan or an undo file`

export default class Reset extends ChangeCommand {
  static override summary = 'Reset the committed offsets of a consumer group'
  static override document = 'reset'
  static override description = [
    'The command first shows a plan. The plan only needs to read, so the group may be running; to apply the plan, stop the group. The command then saves an undo file, commits without joining the group, and reads every offset back.',
    POSITIONS,
    'An offset outside the log is moved to the nearest end of the log. A time after the last event means the end. The plan reports both cases.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> reset --group billing --topic order-events --to @-1h --dry-run',
    '<%= config.bin %> reset --group billing --topic order-events:0,1 --to -100',
    '<%= config.bin %> reset --group billing --all-topics --to start --plan-out plan.json',
    '<%= config.bin %> reset --group billing-v2 --topic order-events --to group:billing --new-group --yes',
  ]
  static override picked = ['topic']
  static override flags = {
    ...readFlags,
    ...changeFlags,
    ...undoFlags,
    ...timeFlags,
    group: Flags.string({
      char: 'g',
      description: 'Consumer group to reset',
      required: true,
      helpValue: 'GROUP',
    }),
    topic: Flags.string({
      char: 't',
      description: 'Topic, or some of its partitions, such as order-events:0,1; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'TOPIC[:PARTITIONS]',
    }),
    'all-topics': Flags.boolean({
      description:
        'All partitions that the group has committed; with group:other or a file, all partitions in that group or file',
      exclusive: ['topic'],
    }),
    to: Flags.string({ description: 'Position to reset to; see below', required: true, helpValue: 'POSITION' }),
    'new-group': Flags.boolean({ description: 'Create the group if it does not exist' }),
    'plan-out': Flags.string({
      description: 'Write the plan to a file for "crbus reset apply", and change nothing',
      helpValue: 'FILE',
    }),
    wait: waitFlag,
  }

  async run(): Promise<ResetDocument & { readonly applied: boolean }> {
    const { flags } = await this.parse(Reset)
    const scope = toScope(flags)
    const target = await this.#target(flags.to)
    const wait = toWait(flags.wait)
    const planOut = flags['plan-out']
    const planOnly = flags['dry-run'] || planOut !== undefined
    const bus = await this.openBus({ planOnly })
    const now = this.context.now()
    // Wait before planning: a running group commits offsets, so the plan would be stale once the group has stopped.
    if (wait > 0 && !planOnly) {
      await this.waitUntilEmpty(bus, flags.group, wait)
    }
    const plan = await planReset(bus, {
      group: flags.group,
      scope,
      target,
      to: flags.to,
      newGroup: flags['new-group'],
      now,
      signal: this.signal,
    })
    if (planOut !== undefined) writePlanFile(resolve(this.context.cwd, planOut), plan)
    const result = await this.carryOut({
      planOnly,
      ...wordsOfReset(plan, this.undoCommand, { timeZone: this.timeZone, width: this.tableWidth }),
      apply: () => applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now }),
    })
    if (planOut !== undefined)
      await this.notice(`plan written; apply it with: ${onSameBus(`crbus reset apply ${shellWord(planOut)}`, flags)}`)
    return result
  }

  async #target(text: string): Promise<ResetTarget> {
    const parsed = parseTarget(text, this.context.now())
    if (!parsed.ok) throw invalidPosition('--to', parsed)
    const utc = utcNotice('--to', 'target' in parsed ? text : undefined)
    if (utc !== undefined) await this.notice(utc)
    if ('target' in parsed) return parsed.target
    const offsets = await readOffsetsFile(resolve(this.context.cwd, parsed.file))
    return { kind: 'offsets', source: parsed.file, offsets }
  }
}

function toScope(flags: {
  readonly topic?: readonly string[] | undefined
  readonly 'all-topics': boolean
}): ResetScope {
  if (flags['all-topics']) return 'committed'
  return toTopicChoices(flags.topic ?? [], parseTopicChoice)
}
