import { resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { ChangeCommand } from '../cli/base/change-command.ts'
import {
  changeFlags,
  noPlace,
  parseName,
  readAsUtc,
  readFlags,
  toPatience,
  undoFlags,
  waitFlag,
} from '../cli/base/flags.ts'
import { UsageError } from '../cli/errors.ts'
import { applyReset, waitUntilEmpty } from '../operations/reset/apply.ts'
import type { ResetPlan } from '../operations/reset/effects.ts'
import { readOffsetsFile, saveUndoIn, writePlanFile } from '../operations/reset/files.ts'
import { planReset } from '../operations/reset/plan.ts'
import { parseTarget, parseTopicChoice, type ResetScope, type ResetTarget } from '../operations/reset/target.ts'
import { wordsOfReset } from '../ui/format-reset.ts'

const PLACES = `--to takes
  start, end, now, today, yesterday, "10m ago"
  47          an offset           current      where it is: pins it
  +100, -100  from where it is    group:other  where another group is
  @-1h  @1662059631  @2026-11-23  @2026-11-23T10:00:00Z
                           a day or time without a zone is UTC
  file.json   offsets, as "crbus groups describe --json", a plan or an undo file have them`

export default class Reset extends ChangeCommand {
  static override summary = 'move what a group has committed, with a plan before and an undo after'
  static override description = [
    'The plan only reads and joins nothing, so it may be made of a running group. Applying needs the group stopped, saves an undo file first, commits without joining and reads every offset back.',
    PLACES,
    'What lies outside the log is moved to its nearest end, and a time past the last event means the end; both are said.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> reset --group billing --topic order-events --to @-1h --dry-run',
    '<%= config.bin %> reset --group billing --topic order-events:0,1 --to -100',
    '<%= config.bin %> reset --group billing --all-topics --to start --plan-out plan.json',
    '<%= config.bin %> reset --group billing-v2 --topic order-events --to group:billing --new-group --yes',
  ]
  static override flags = {
    ...readFlags,
    ...changeFlags,
    ...undoFlags,
    group: Flags.string({ char: 'g', description: 'group to move', required: true, parse: parseName }),
    topic: Flags.string({
      char: 't',
      description: 'topic, or some of its partitions; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'topic[:0,1]',
    }),
    'all-topics': Flags.boolean({
      description: 'everything the group has committed; with group:other or a file, everything they name',
      exclusive: ['topic'],
    }),
    to: Flags.string({ description: 'where to', required: true }),
    'new-group': Flags.boolean({ description: 'make the group when it does not exist' }),
    'plan-out': Flags.string({
      parse: parseName,
      description: 'write the plan for "crbus reset apply" and stop',
      helpValue: 'file',
    }),
    wait: waitFlag,
  }

  async run(): Promise<ResetPlan & { readonly applied: boolean }> {
    const { flags } = await this.parse(Reset)
    const scope = toScope(flags)
    const target = await this.#target(flags.to)
    const patience = toPatience(flags.wait)
    const planOut = flags['plan-out']
    const isPlanOnly = flags['dry-run'] || planOut !== undefined
    const bus = await this.openBus({ ...flags, 'dry-run': isPlanOnly })
    const now = this.context.now()
    // A running group moves: its plan would be stale by the time it has stopped.
    if (patience > 0 && !isPlanOnly) {
      const onWait = (members: readonly string[]) => void this.notice(`waiting for ${members.join(', ')} to leave`)
      await waitUntilEmpty(bus, flags.group, patience, { signal: this.signal, onWait })
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
    const result = await this.carryOut(
      { ...flags, 'dry-run': isPlanOnly },
      {
        plan,
        ...wordsOfReset(plan),
        apply: () => applyReset(bus, plan, { saveUndo: saveUndoIn(this.undoFolder(flags)), now }),
      },
    )
    if (planOut !== undefined) await this.notice(`written; to apply: crbus reset apply ${planOut}`)
    return result
  }

  async #target(text: string): Promise<ResetTarget> {
    const parsed = parseTarget(text, this.context.now())
    if (!parsed.ok) throw noPlace('--to', parsed)
    const utc = readAsUtc('--to', 'target' in parsed ? text : undefined)
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
  if (!flags.topic) throw new UsageError('name a topic', ['--topic order-events', '--all-topics'])
  return flags.topic.map((text) => {
    const choice = parseTopicChoice(text)
    if (!choice) throw new UsageError(`--topic ${text} is neither a topic nor topic:0,1`, ['--topic order-events:0,1'])
    return choice
  })
}
