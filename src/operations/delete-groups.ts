import { groupActive } from '../bus/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { type AppliedReset, type ApplyOptions, applyReset, planReset } from './reset.ts'
import type { ResetPlan } from './reset-plan.ts'

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

/** Deletes them one after another; none when one of them has members. */
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
  const done: AppliedReset[] = []
  for (const plan of plans) done.push(await applyReset(bus, plan, options))
  return done
}
