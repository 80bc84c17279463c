import type { SettingChanges, SettingSource, TopicSetting } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { operationHints } from '../hints.ts'
import { type ExpectedDeletion, expectedDeletions } from './expected-deletions.ts'

/** The most names that an error suggests. */
const MAX_SIMILAR = 3

/** A change of one setting. `to` is `null` if the setting is removed and the bus does not tell its default. */
interface SettingChange {
  readonly name: string
  /** `null` if the setting has no value. */
  readonly from: string | null
  readonly fromSource: SettingSource
  readonly to: string | null
  readonly toSource: SettingSource
}

export interface AlterTopicPlan {
  readonly topic: string
  readonly changes: readonly SettingChange[]
  /** Settings that have the wanted value already. */
  readonly same: readonly string[]
  readonly deletions: readonly ExpectedDeletion[]
}

interface PlannedAlter {
  readonly plan: AlterTopicPlan
  /** Why the bus would refuse the settings. */
  readonly refusal: EventBusError | undefined
}

/**
 * Plans a change of the settings of a topic, and asks the bus whether it would accept the settings. Throws `REFUSED` for a setting
 * that the bus does not know. Only reads.
 *
 * @param now Milliseconds since 1970.
 */
export async function planAlterTopic(
  bus: EventBus,
  topic: string,
  wanted: SettingChanges,
  now: number,
): Promise<PlannedAlter> {
  const settings = new Map((await bus.admin.topicSettings(topic)).map((setting) => [setting.name, setting]))
  const { brokers } = await bus.admin.describeCluster()
  const names = Object.keys(wanted)
  // The in-memory and the embedded bus store any setting.
  const unknown = brokers.length === 0 ? undefined : names.find((name) => !settings.has(name))
  if (unknown !== undefined) throw await unknownSetting(topic, unknown, [...settings.keys()])
  const all = Object.entries(wanted).map(([name, value]) => toChange(name, value, settings.get(name)))
  const changes = all.filter(({ from, fromSource, to, toSource }) => from !== to || fromSource !== toSource)
  const before = new Map([...settings].map(([name, { value }]) => [name, value]))
  const after = new Map([...before, ...changes.map(({ name, to }) => [name, to] as const)])
  const changed = Object.fromEntries(changes.map(({ name }) => [name, wanted[name] ?? null]))
  const refusal = changes.length === 0 ? undefined : await refusalOf(bus, topic, changed)
  const deletions = refusal === undefined ? await expectedDeletions(bus, topic, [before, after], now) : []
  const same = names.filter((name) => !Object.hasOwn(changed, name))
  return { plan: { topic, changes, same, deletions }, refusal }
}

function toChange(name: string, wanted: string | null, setting: TopicSetting | undefined): SettingChange {
  const { value: from = null, source: fromSource = 'default', inherited } = setting ?? {}
  if (wanted !== null) return { name, from, fromSource, to: wanted, toSource: 'topic' }
  // Without a value of its own, the topic has the inherited one already.
  if (fromSource !== 'topic') return { name, from, fromSource, to: from, toSource: fromSource }
  return { name, from, fromSource, to: inherited?.value ?? null, toSource: inherited?.source ?? 'default' }
}

async function refusalOf(bus: EventBus, topic: string, config: SettingChanges): Promise<EventBusError | undefined> {
  try {
    await bus.admin.validateTopicConfig(topic, config)
    return undefined
  } catch (error) {
    if (error instanceof EventBusError && error.code === 'INVALID_TOPIC') return error
    throw error
  }
}

async function unknownSetting(topic: string, name: string, known: readonly string[]): Promise<EventBusError> {
  const { namesLike } = await import('../../bus/names/names-like.ts')
  const similar = namesLike(name, known).slice(0, MAX_SIMILAR)
  return new EventBusError('REFUSED', `topics of this cluster have no setting '${name}'`, {
    topic,
    hints: similar.map((one) => operationHints.changeSetting(one)),
  })
}

export interface TopicAltered {
  /** The changed settings, as read back from the bus. */
  readonly settings: readonly Pick<TopicSetting, 'name' | 'value' | 'source'>[]
}

/** Applies a plan and reads the settings back. Throws `PLAN_STALE` if a setting has changed since the plan was made. */
export async function applyAlterTopic(bus: EventBus, { topic, changes }: AlterTopicPlan): Promise<TopicAltered> {
  const current = await valuesOf(bus, topic, changes)
  const stale = changes.find(({ name, from }) => (current.get(name)?.value ?? null) !== from)
  if (stale !== undefined) {
    const now = current.get(stale.name)?.value ?? 'no value'
    const message = `setting '${stale.name}' of topic '${topic}' has changed since the plan was made: it is ${now} now; nothing was done`
    throw new EventBusError('PLAN_STALE', message, { topic })
  }
  const isOwn = ({ toSource }: SettingChange) => toSource === 'topic'
  const config = Object.fromEntries(changes.map((change) => [change.name, isOwn(change) ? change.to : null]))
  await bus.admin.setTopicConfig(topic, config)
  const settings = await valuesOf(bus, topic, changes)
  return { settings: [...settings.values()].map(({ name, value, source }) => ({ name, value, source })) }
}

async function valuesOf(
  bus: EventBus,
  topic: string,
  changes: readonly SettingChange[],
): Promise<ReadonlyMap<string, TopicSetting>> {
  const names = new Set(changes.map(({ name }) => name))
  const settings = await bus.admin.topicSettings(topic)
  return new Map(settings.filter(({ name }) => names.has(name)).map((setting) => [setting.name, setting]))
}
