import { groupActive } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { type AppliedReset, type ApplyOptions, applyReset, half } from './apply.ts'
import type { ResetPlan } from './effects.ts'
import { planReset } from './plan.ts'

/** What deleting groups would forget, a plan each. `GROUP_NOT_FOUND` names the first that is not there. */
export const planGroupDeletion = (bus: EventBus, groups: readonly string[], now: number): Promise<ResetPlan[]> =>
  Promise.all(
    groups.map((group) =>
      planReset(bus, {
        group,
        scope: 'committed',
        target: { kind: 'nothing' },
        to: 'nothing: the group is deleted',
        removesGroup: true,
        now,
      }),
    ),
  )

/**
 * Deletes them one after another; none when one of them has members. What fails later has those `deleted` by then in its
 * `outcome`.
 */
export async function applyGroupDeletion(
  bus: EventBus,
  plans: readonly ResetPlan[],
  options: ApplyOptions,
): Promise<AppliedReset[]> {
  for (const { group } of plans) {
    const { members } = await bus.admin.describeGroup(group)
    if (members.length > 0) {
      throw groupActive(
        group,
        members.map(({ memberId }) => memberId),
      )
    }
  }
  const deleted: AppliedReset[] = []
  for (const plan of plans) {
    try {
      deleted.push(await applyReset(bus, plan, options))
    } catch (error) {
      const before = plans.slice(0, deleted.length).map(({ group }) => group)
      if (before.length === 0) throw error
      const suggestions = deleted.map(({ undoFile }) => `crbus reset undo ${undoFile}`)
      throw half(error, `before that, ${before.join(', ')} had been deleted`, { suggestions, outcome: { deleted } })
    }
  }
  return deleted
}
