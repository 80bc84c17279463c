import { resolve } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { applyReset } from '../../operations/reset/apply.ts'
import { planReset } from '../../operations/reset/make-plan.ts'
import { readOffsetsFile } from '../../operations/reset/offsets-file.ts'
import type { ResetPlan } from '../../operations/reset/plan.ts'
import { parseTarget, type ResetTarget } from '../../operations/reset/target.ts'
import { saveUndoIn } from '../../operations/reset/undo-files.ts'
import { formatResetPlan, wordsOfReset } from '../../ui/format-reset.ts'
import type { ResetApplied, ResetPlanned, ResetRequest } from '../../ui/live/ports.ts'
import type { TimeZone } from '../../ui/text/format-time.ts'
import { invalidPosition } from '../base/parse-flags.ts'
import type { Config } from '../config/config.ts'
import { refusedBy } from '../config/guard.ts'
import { formatFailure, RefusedError, toFailure, UsageError } from '../errors.ts'
import type { Context } from '../process/context.ts'
import { onSameBus, type SelectingFlags } from '../same-bus.ts'
import { shellWord } from '../suggestions.ts'

export interface ResetPort {
  readonly bus: EventBus
  readonly config: Config
  readonly context: Context
  /** The flags that chose the bus. */
  readonly flags: SelectingFlags
  /** The zone of the times in a plan. */
  readonly timeZone: TimeZone
  /** Makes a protected bus accept changes. */
  readonly unlock: () => void
}

/** Plans a reset for the live screen, with the rules and the words of `crbus reset`. Refusals and failures are results. */
export async function planOnScreen(port: ResetPort, request: ResetRequest): Promise<ResetPlanned> {
  const { bus, context } = port
  const { group, partition, to } = request
  try {
    const now = context.now()
    const target = await readTarget(to, context)
    const scope =
      partition === undefined ? ('committed' as const) : [{ topic: partition.topic, partitions: [partition.partition] }]
    const plan = await planReset(bus, { group, scope, target, to, now, signal: context.stop.signal })
    const undoCommand = (file: string) => onSameBus(`crbus reset undo ${shellWord(file)}`, port.flags)
    const { name, isNothing, question } = wordsOfReset(plan, undoCommand, styleOf(port))
    return {
      ok: true,
      proposal: {
        request,
        lines: (width) =>
          formatResetPlan(plan, { ...styleOf(port), width })
            .trimEnd()
            .split('\n'),
        isNothing,
        question,
        confirmBy: port.config.guard?.kind === 'protected' ? name : undefined,
        refusal: refusalOf(port.config),
        apply: () => applyOnScreen(port, plan, undoCommand),
      },
    }
  } catch (error) {
    return { ok: false, lines: linesOf(error, port.flags) }
  }
}

const styleOf = ({ timeZone }: ResetPort) => ({ timeZone, width: undefined, wider: 'a wider terminal' })

async function readTarget(to: string, { cwd, now }: Context): Promise<ResetTarget> {
  const parsed = parseTarget(to, now())
  if (!parsed.ok) throw invalidPosition('--to', parsed)
  if ('target' in parsed) return parsed.target
  return { kind: 'offsets', source: parsed.file, offsets: await readOffsetsFile(resolve(cwd, parsed.file)) }
}

/** Returns why the bus refuses every change, as `crbus reset` would. */
function refusalOf(config: Config): string | undefined {
  const { guard, ignored, bus } = config
  if (guard?.kind === 'read-only') return refusedBy(guard, config).message
  if (ignored === undefined || bus.from !== 'default') return undefined
  return `no bus is configured for this change; nothing was done: ${ignored}`
}

async function applyOnScreen(
  port: ResetPort,
  plan: ResetPlan,
  undoCommand: (file: string) => string,
): Promise<ResetApplied> {
  const { bus, config, context } = port
  try {
    if (refusalOf(config) !== undefined) throw new RefusedError(refusalOf(config) as string)
    port.unlock()
    const done = await applyReset(bus, plan, { saveUndo: saveUndoIn(context.undoFolder), now: context.now() })
    return {
      ok: true,
      text: wordsOfReset(plan, undoCommand, styleOf(port)).done(done),
      undo: undoCommand(done.undoFile),
    }
  } catch (error) {
    return { ok: false, lines: linesOf(error, port.flags) }
  }
}

/** Formats a failure as a command prints it. Throws errors of the program. */
function linesOf(error: unknown, flags: SelectingFlags): readonly string[] {
  const isExpected = error instanceof EventBusError || error instanceof RefusedError || error instanceof UsageError
  if (!isExpected) throw error
  return formatFailure(toFailure(error, flags)).trimEnd().split('\n')
}
