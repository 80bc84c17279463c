import { type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import type { EventBus, EventStream } from '../../src/bus/event-bus.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import { SchemaSet } from '../../src/operations/schemas/compiled.ts'
import type { Declarations } from '../../src/operations/topology/facts.ts'
import type { ServiceDeclaration } from '../../src/operations/topology/services.ts'
import { enumOf, fields, schemaOf, t } from '../unit/schema/support/build.ts'

/** A fault that is put into a topology. Each proves one finding. */
export const topologyFaults = [
  'topic-missing',
  'topic-undeclared',
  'unread-topic',
  'undeclared-type',
  'type-unpublished',
  'consumer-missing',
  'group-idle',
  'not-in-schema',
  'undecodable',
] as const
export type TopologyFault = (typeof topologyFaults)[number]

/** A shop: what is on its topics, which groups read them, what is declared, and what `crbus topology` must find. */
export interface ShopTopology {
  /** The events of each topic. */
  readonly events: ReadonlyMap<string, readonly SerializedEvent[]>
  /** The topics that each group subscribes to. */
  readonly members: ReadonlyMap<string, readonly string[]>
  /** The topics of which a group without members has committed offsets. */
  readonly idle: ReadonlyMap<string, readonly string[]>
  readonly declarations: Declarations
  readonly schemas: SchemaSet
  /** Each finding as its code and names, sorted. */
  readonly findings: readonly string[]
  /** Each flow as `topic:type>topic:type count by`, sorted. */
  readonly flows: readonly string[]
}

const AGGREGATES = ['order', 'inventory', 'payment', 'shipping'] as const

/** Makes a shop with four aggregates and a saga, and some faults. `random` returns numbers from 0 to 1. */
export function makeShop(prefix: string, faults: ReadonlySet<TopologyFault>, random: () => number): ShopTopology {
  const name = (own: string) => `${prefix}${own}`
  const events = new Map<string, SerializedEvent[]>()
  const flows = new Map<string, number>()
  const findings: string[] = []
  let count = 0
  const publish = (
    topic: string,
    type: string,
    cause?: { readonly topic: string; readonly event: SerializedEvent },
  ) => {
    count += 1
    const data = Buffer.alloc(8)
    data.writeUInt32LE(count, 4)
    const metadata = { timestamp: `${count}`, ...(cause && { causationId: messageId(cause.event) }) }
    const event = serializedEvent(type, data, metadata)
    events.set(name(topic), [...(events.get(name(topic)) ?? []), event])
    if (cause !== undefined) {
      const by = topic.endsWith('-events') ? topic.replace('-events', '') : 'checkout'
      const key = `${name(cause.topic)}:${cause.event.eventType}>${name(topic)}:${type} ${name(by)}`
      flows.set(key, (flows.get(key) ?? 0) + 1)
    }
    return { topic, event }
  }
  const services = new Map<string, ServiceDeclaration>()
  const typesOf = (topics: readonly string[], suffix: string) =>
    new Map(topics.map((topic) => [name(topic), [`${topic.replace(/-\w+$/, '')}${suffix}`]]))
  for (const aggregate of AGGREGATES) {
    services.set(name(aggregate), {
      group: name(aggregate),
      consumes: typesOf([`${aggregate}-commands`], 'Do'),
      publishes: typesOf([`${aggregate}-events`], 'Done'),
    })
  }
  const consumes = typesOf(
    AGGREGATES.map((aggregate) => `${aggregate}-events`),
    'Done',
  )
  const publishes = typesOf(
    AGGREGATES.map((aggregate) => `${aggregate}-commands`),
    'Do',
  )
  services.set(name('checkout'), { group: name('checkout-saga'), consumes, publishes })
  const idle = new Map<string, readonly string[]>()
  const declared = new Set([...consumes.keys(), ...publishes.keys()])

  for (let at = 0; at < 20; at += 1) {
    let cause = publish('order-commands', `orderDo.v${1 + Math.floor(random() * 2)}`)
    for (const [index, aggregate] of AGGREGATES.entries()) {
      if (index > 0) cause = publish(`${aggregate}-commands`, `${aggregate}Do.v1`, cause)
      cause = publish(`${aggregate}-events`, `${aggregate}Done.v1`, cause)
      if (index > 0 && random() < 0.3) break
    }
  }
  // A schema knows all versions that the clean shop publishes.
  const inSchema = new Map([['orderDone.v1', 'Done']])
  const schema = {
    ...schemaOf('Order', { Order: enumOf({ Done: fields({ n: t.of('u32') }) }) }),
    topic: name('order-events'),
    events: inSchema,
  }

  if (faults.has('topic-missing')) {
    declared.add(name('ghost-events'))
    findings.push(`topic-missing ${name('ghost-events')}`)
  }
  if (faults.has('topic-undeclared')) {
    events.set(name('stray-events'), [])
    findings.push(`topic-undeclared ${name('stray-events')}`)
  }
  if (faults.has('unread-topic')) {
    declared.add(name('unread-events'))
    publish('unread-events', 'Unread.v1')
    findings.push(`type-unconsumed ${name('unread-events')} Unread.v1 no-group`)
  }
  if (faults.has('undeclared-type')) {
    publish('payment-events', 'paymentRefunded.v1')
    findings.push(`type-unconsumed ${name('payment-events')} paymentRefunded.v1 not-declared`)
  }
  if (faults.has('type-unpublished')) {
    consumes.set(name('shipping-events'), ['shippingDone', 'shippingLost'])
    findings.push(`type-unpublished ${name('shipping-events')} shippingLost ${name('checkout')}`)
  }
  if (faults.has('consumer-missing')) {
    const own = new Map([[name('order-events'), ['orderDone.v1']]])
    services.set(name('mailer'), { group: name('mailer'), consumes: own, publishes: new Map() })
    findings.push(`consumer-missing ${name('order-events')} ${name('mailer')} ${name('mailer')}`)
  }
  if (faults.has('group-idle')) {
    idle.set(name('report'), [name('inventory-events')])
    findings.push(`group-idle ${name('inventory-events')} ${name('report')}`)
  }
  if (faults.has('not-in-schema')) {
    publish('order-events', 'orderDone.v2')
    findings.push(`schema-drift ${name('order-events')} orderDone.v2 not-in-schema`)
  }
  if (faults.has('undecodable')) {
    events.get(name('order-events'))?.push(serializedEvent('orderDone.v1', Buffer.from([0, 0, 0, 0, 1]), null))
    findings.push(`schema-drift ${name('order-events')} orderDone.v1 undecodable`)
  }
  return {
    events,
    members: new Map(
      [...services.values()].flatMap(({ group = '', consumes: own }) =>
        group === name('mailer') ? [] : [[group, [...own.keys()]]],
      ),
    ),
    idle,
    declarations: { topics: declared, services, schemas: new Map([[schema.topic, new Set(inSchema.keys())]]) },
    schemas: new SchemaSet([schema]),
    findings: findings.sort(),
    flows: [...flows].map(([key, own]) => `${key} ${own}`).sort(),
  }
}

/** Publishes the events of a shop, and starts its groups. Returns the streams of the members. */
export async function openShop(
  bus: EventBus,
  { events, members, idle }: ShopTopology,
): Promise<readonly EventStream[]> {
  for (const [topic, own] of events) {
    await bus.admin.createTopic(topic, { partitions: 2 })
    await bus.publish(topic, own)
  }
  for (const [group, topics] of idle) {
    await bus.admin.commitOffsets(
      group,
      topics.map((topic) => ({ topic, partition: 0, offset: 1n })),
    )
  }
  return Promise.all(
    [...members].map(([group, topics]) => bus.subscribe(topics, { group, autoOffsetReset: 'earliest' })),
  )
}
