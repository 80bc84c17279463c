import type { EventBus } from '../../bus/event-bus.ts'
import { operationHints } from '../hints.ts'
import { type AppliedReset, type ApplyOptions, applyReset } from './apply.ts'
import { planReset } from './make-plan.ts'
import type { ResetPlan } from './plan.ts'
import { requireEmpty } from './preconditions.ts'
import { partialFailure } from './progress.ts'

/** Plans the deletion of groups: one plan for each. `GROUP_NOT_FOUND` names the first group that does not exist. */
export const planGroupDeletion = (bus: EventBus, groups: readonly string[], now: number): Promise<ResetPlan[]> =>
  Promise.all(
    groups.map((group) =>
      planReset(bus, {
        group,
        scope: 'committed',
        target: { kind: 'nothing' },
        to: 'no offsets: the group is deleted',
        removesGroup: true,
        now,
      }),
    ),
  )

/**
 * Deletes groups one after another; none of them when one has members. A later failure has the groups that were deleted by
 * then in its `outcome`, as `deleted`.
 */
export async function applyGroupDeletion(
  bus: EventBus,
  plans: readonly ResetPlan[],
  options: ApplyOptions,
): Promise<AppliedReset[]> {
  for (const { group } of plans) await requireEmpty(bus, group)
  const deleted: AppliedReset[] = []
  for (const plan of plans) {
    try {
      deleted.push(await applyReset(bus, plan, options))
    } catch (error) {
      const before = plans.slice(0, deleted.length).map(({ group }) => group)
      if (before.length === 0) throw error
      const hints = deleted.map(({ undoFile }) => operationHints.undoReset(undoFile))
      const progress = `before that, ${before.join(', ')} had been deleted`
      throw partialFailure(error, progress, { hints, outcome: { deleted } })
    }
  }
  return deleted
}
