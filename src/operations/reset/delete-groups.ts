import type { EventBus } from '../../bus/event-bus.ts'
import { operationHints } from '../hints.ts'
import { type AppliedReset, type ApplyOptions, applyReset } from './apply.ts'
import { planReset } from './make-plan.ts'
import type { ResetPlan } from './plan.ts'
import { requireEmpty } from './preconditions.ts'
import { partialFailure } from './progress.ts'

/** Plans the deletion of groups, with one plan for each group. Throws `GROUP_NOT_FOUND` for the first missing group. */
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
 * Deletes groups one after another. Deletes none and throws `GROUP_ACTIVE` if one of them has members. The error of a later
 * failure lists the groups that were deleted before it in its `outcome`, as `deleted`.
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
      const deletedGroups = plans.slice(0, deleted.length).map(({ group }) => group)
      if (deletedGroups.length === 0) throw error
      const hints = deleted.map(({ undoFile }) => operationHints.undoReset(undoFile))
      const progress = `before that, ${deletedGroups.join(', ')} had been deleted`
      throw partialFailure(error, progress, { hints, outcome: { deleted } })
    }
  }
  return deleted
}
