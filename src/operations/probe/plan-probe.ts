import type { EventBus } from '../../bus/event-bus.ts'
import { chooseGroups, takeSnapshot } from '../lag/snapshot.ts'
import { chooseTopics } from '../tail/choose-topics.ts'
import type { ExpectedEffect, ProbeCase, ProbedGroup, ProbePlan } from './probe.ts'

interface PlanRequest extends Pick<ProbePlan, 'run' | 'topic' | 'expected' | 'settle'> {
  readonly cases: readonly ProbeCase[]
  /** The group of the consumer. Absent: every group with members that reads the topic. */
  readonly group?: string | undefined
  readonly signal: AbortSignal
}

/**
 * Plans a probe: finds the groups that must read the events. Throws `TOPIC_NOT_FOUND` if the topic or an expected one does not exist,
 * and `GROUP_NOT_FOUND` for a group that does not. Only reads.
 */
export async function planProbe(bus: EventBus, request: PlanRequest): Promise<ProbePlan> {
  const { run, topic, cases, expected, settle, group, signal } = request
  const topics = [topic, ...expected.map((one: ExpectedEffect) => one.topic)]
  await chooseTopics(bus, { topics: [...new Set(topics)], follow: false, signal, onNotice: () => {} })
  const selection = { groups: group === undefined ? [] : [group], topics: [topic] }
  // A group that is named may not have read the topic yet.
  const named = group === undefined ? selection : { groups: [group] }
  const { groups } = await takeSnapshot(bus, await chooseGroups(bus, selection), named)
  const { kind, clusterId } = await bus.admin.describeCluster()
  return {
    ...{ run, topic, cases, expected, settle },
    groups: groups
      .filter(({ description }) => group !== undefined || reads(description.members, topic))
      .map(({ description }): ProbedGroup => {
        return { group: description.group, state: description.state, memberCount: description.members.length }
      }),
    bus: { kind, clusterId },
  }
}

const reads = (
  members: readonly { readonly assignment: readonly { readonly topic: string }[] }[],
  wanted: string,
): boolean => members.some(({ assignment }) => assignment.some(({ topic }) => topic === wanted))
