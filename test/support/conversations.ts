import { serializedEvent } from '../../src/bus/event.ts'
import type { BusRecord } from '../../src/bus/record.ts'
import { encodeRecord } from '../../src/codecs/event-record.ts'
import { messageId } from '../../src/codecs/message-id.ts'

/**
 * A fault that is put into a history. `none`, `no-causation-ids` and `no-metadata`: the history is clean; in the last one, a message
 * has no metadata, so that only its message id connects it with the messages that it caused. `timer`: a cause that is on no topic.
 */
export const faults = [
  'none',
  'no-causation-ids',
  'no-metadata',
  'timer',
  'duplicate',
  'redelivered',
  'lost-event',
  'lost-command',
  'lost-root',
  'unanswered',
  'clock-skew',
  'several-conversations',
  'damaged',
  'dead-letter',
] as const
export type Fault = (typeof faults)[number]

/** Faults that may be in one history, because each of them is in another part of it. */
export const independent = [
  'timer',
  'duplicate',
  'redelivered',
  'lost-event',
  'lost-command',
  'unanswered',
  'dead-letter',
] as const

/** The records of one conversation, and the findings that they prove. */
export interface History {
  readonly correlationId: string
  /** In random order. */
  readonly records: readonly BusRecord[]
  readonly topics: readonly string[]
  /** Milliseconds since 1970, hours after the last record. */
  readonly now: number
  /** Each finding as its code and the positions of its messages: `duplicate order-events@3`. */
  readonly expected: readonly string[]
  /** The positions of the messages without metadata. */
  readonly withoutMetadata: readonly string[]
}

const AGGREGATES = ['order', 'inventory', 'payment', 'shipping'] as const
const TOPICS = [
  ...AGGREGATES.flatMap((name) => [`${name}-events`, `${name}-commands`]),
  'checkout-events',
  'order-commands-dlq',
]
const MAX_DEPTH = 8
/** The default start. */
const START = Date.UTC(2026, 10, 23, 8)

interface Node {
  topic: string
  readonly kind: 'event' | 'command'
  readonly type: string
  readonly key: string
  data: string
  readonly cause: Node | undefined
  /** The causation id of a message without a cause, or the number of an equal message of the same step. */
  readonly causation: string | undefined
  time: number
  /** The time of the step, in the metadata. */
  readonly statedAt: number
  readonly effects: Node[]
  isLost: boolean
  isDamaged: boolean
  hasMetadata: boolean
}

/** A generator of pseudo-random numbers from 0 to 1 (mulberry32), so that a seed names a history. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Makes a history of a saga with four aggregates, with one fault. The envelopes are CBOR for every third seed, else bincode. `start`
 * is the time of its first message. `second` is another fault, in a part of the history that the first one has not changed.
 * `undefined` if the history of the seed has no room for it.
 */
export function makeHistory(seed: number, fault: Fault, start = START, second?: Fault): History | undefined {
  const random = randomOf(seed)
  const below = (count: number) => Math.floor(random() * count)
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)]
  const correlationId = `checkout-${seed}-${fault}`
  const envelope = seed % 3 === 0 ? 'cbor' : 'bincode'
  const nodes: Node[] = []
  const add = (given: Pick<Node, 'topic' | 'kind' | 'type' | 'key' | 'time'> & Partial<Node>): Node => {
    const node: Node = {
      data: JSON.stringify({ n: nodes.length, id: given.key }),
      cause: undefined,
      causation: undefined,
      statedAt: given.time,
      effects: [],
      isLost: false,
      isDamaged: false,
      hasMetadata: true,
      ...given,
    }
    nodes.push(node)
    node.cause?.effects.push(node)
    return node
  }
  /** A step takes milliseconds; sometimes a person takes hours. */
  const hop = () => (below(12) === 0 ? 3_600_000 + below(3_600_000) : below(400))

  const answer = (command: Node, depth: number): void => {
    const time = command.time + hop()
    const owner = command.topic.replace('-commands', '')
    const count = below(4) === 0 ? 2 : 1
    for (let at = 0; at < count; at += 1) {
      const type = `${owner}Done${at}.v1`
      // An aggregate may emit several events of a type in one step.
      const event = add({
        topic: `${owner}-events`,
        kind: 'event',
        type: below(2) === 0 ? type : `${owner}Done.v1`,
        key: type,
        time,
        cause: command,
      })
      if (at === 0) react(event, depth + 1)
    }
  }
  const react = (event: Node, depth: number): void => {
    if (depth >= MAX_DEPTH || below(4) === 0) {
      const time = event.time + hop()
      add({
        topic: 'checkout-events',
        kind: 'event',
        type: 'CheckoutCompleted.v1',
        key: 'CheckoutCompleted.v1',
        time,
        cause: event,
      })
      return
    }
    const time = event.time + hop()
    const count = 1 + below(3)
    for (let at = 0; at < count; at += 1) {
      const topic = `${pick(AGGREGATES)}-commands`
      answer(
        add({ topic, kind: 'command', type: `Do${below(3)}.v1`, key: `o-${seed}-${at}`, time, cause: event }),
        depth + 1,
      )
    }
    // Equal messages of one step: the runtime numbers their causation ids.
    if (below(5) === 0 && fault !== 'no-causation-ids') {
      const equal = {
        topic: 'inventory-commands',
        kind: 'command',
        type: 'Reserve.v1',
        key: 'o-equal',
        time,
        cause: event,
        data: '{}',
      } as const
      answer(add(equal), MAX_DEPTH)
      answer(add({ ...equal, causation: '#1' }), MAX_DEPTH)
    }
  }
  const begin = (time: number, key: string): Node => {
    const causation = below(2) === 0 ? uuidOf(random) : undefined
    const root = add({ topic: 'order-commands', kind: 'command', type: 'PlaceOrder.v1', key, time, causation })
    answer(root, 0)
    return root
  }
  const root = begin(start + below(1000), `o-${seed}`)
  // A client may send several commands at once.
  if (below(4) === 0) begin(root.time + below(900), `o-${seed}-too`)

  const expected: [code: string, nodes: readonly Node[]][] = []
  /** The messages that a fault has changed, with their causes and effects. */
  const touched = new Set<Node>()
  const changes = (node: Node): void => {
    for (let at: Node | undefined = node; at !== undefined; at = at.cause) touched.add(at)
    for (const near of node.cause?.effects ?? [node]) for (const below of subtree(near)) touched.add(below)
  }
  const before = nodes.length
  if (!seedFault(fault)) return undefined
  // A copy of a copy would belong to the first fault.
  for (const node of nodes.slice(before)) touched.add(node)
  if (second !== undefined && !seedFault(second)) return undefined

  function seedFault(kind: Fault): boolean {
    const originals = nodes.filter((node) => !touched.has(node))
    const inner = originals.filter(({ cause }) => cause !== undefined)
    switch (kind) {
      case 'none':
      case 'no-causation-ids':
        return true
      case 'no-metadata': {
        const node = pick(inner.filter(({ effects }) => effects.length > 0))
        if (node === undefined) return false
        changes(node)
        node.hasMetadata = false
        // Without metadata, equal messages of several conversations would have one message id.
        node.data = JSON.stringify({ id: node.key, of: correlationId })
        return true
      }
      case 'timer': {
        const node = pick(originals)
        if (node === undefined) return false
        changes(node)
        const time = node.time + 60_000
        const timer = { ...node, type: 'TimedOut.v1', effects: [], cause: undefined, time, statedAt: time }
        const given = { topic: 'shipping-commands', kind: 'command', key: 'o-late', time: time + 5 } as const
        const causation = idOf(timer)
        const late = ['Undo.v1', 'Notify.v1'].map((type) => add({ ...given, type, causation }))
        for (const command of late) answer(command, MAX_DEPTH)
        expected.push(['orphan', late])
        return true
      }
      case 'duplicate': {
        const node = pick(originals)
        if (node === undefined) return false
        changes(node)
        const copy = add({
          ...node,
          effects: [],
          time: node.time + 1 + below(100_000),
          cause: undefined,
          causation: causationOf(node),
        })
        expected.push(['duplicate', [copy]])
        return true
      }
      case 'redelivered': {
        const node = pick(inner.filter(({ kind }) => kind === 'event'))
        if (node === undefined) return false
        changes(node)
        const time = node.time + 1000 + below(100_000)
        // A new id in the payload, or the same payload again.
        const data = below(2) === 0 ? '{"again":true}' : node.data
        expected.push(['redelivered', [add({ ...node, effects: [], time, statedAt: time, data })]])
        return true
      }
      case 'lost-event': {
        const node = pick(inner.filter(({ kind, effects }) => kind === 'event' && effects.length > 0))
        if (node === undefined) return false
        changes(node)
        node.isLost = true
        for (const [, own] of Map.groupBy(node.effects, () => 0)) expected.push(['orphan', own])
        if (node.cause?.effects.every(({ isLost }) => isLost)) expected.push(['overdue', [node.cause]])
        return true
      }
      case 'lost-command': {
        const node = pick(
          inner.filter(({ kind, effects }) => kind === 'command' && effects.some(({ time }) => time > root.time)),
        )
        if (node === undefined) return false
        changes(node)
        node.isLost = true
        expected.push(['gap', node.effects])
        return true
      }
      case 'lost-root': {
        if (originals.some(({ cause, key }) => cause === undefined && key !== root.key)) return false
        root.isLost = true
        // The first message of what is left has nothing before it.
        expected.push(['orphan', root.effects])
        return true
      }
      case 'unanswered': {
        const node = pick(inner.filter(({ kind }) => kind === 'command'))
        if (node === undefined) return false
        changes(node)
        loseEffects(node)
        expected.push(['overdue', [node]])
        return true
      }
      case 'clock-skew': {
        const topic = pick(['inventory-events', 'payment-events', 'shipping-events', 'order-events'])
        const shifted = originals.filter((node) => node.topic === topic)
        for (const node of shifted) node.time -= 20_000_000
        const early = shifted.filter(({ cause }) => cause?.topic !== topic)
        if (early.length === 0) return false
        expected.push(['clock-skew', early])
        return true
      }
      case 'several-conversations': {
        const other = begin(root.time + 1000 + below(1_000_000), `o-${seed}-other`)
        expected.push(['several-roots', [root, other]])
        return true
      }
      case 'damaged': {
        const node = pick(inner.filter(({ effects }) => effects.length === 0))
        if (node === undefined) return false
        changes(node)
        node.isDamaged = true
        expected.push(['undecodable', [node]])
        return true
      }
      case 'dead-letter': {
        const node = pick(inner.filter(({ kind }) => kind === 'command'))
        if (node === undefined) return false
        changes(node)
        loseEffects(node)
        const dead = add({
          ...node,
          effects: [],
          topic: 'order-commands-dlq',
          time: node.time + 50,
          cause: undefined,
          causation: causationOf(node),
        })
        expected.push(['dead-letter', [dead]])
        return true
      }
    }
  }

  const offsets = new Map<string, number>()
  const placed = new Map<Node, BusRecord>()
  for (const node of nodes) {
    if (node.isLost) continue
    const offset = offsets.get(node.topic) ?? 0
    offsets.set(node.topic, offset + 1)
    placed.set(node, toRecord(node, correlationId, offset))
  }
  const placeOf = (node: Node) => `${node.topic}@${placed.get(node)?.offset}`
  const records = [...placed.values()].map((record) => ({ record, at: random() }))
  return {
    correlationId,
    records: records.sort((a, b) => a.at - b.at).map(({ record }) => record),
    topics: TOPICS,
    now: start + 90 * 24 * 3_600_000,
    expected: expected.map(([code, own]) => [code, ...own.map(placeOf).sort()].join(' ')).sort(),
    withoutMetadata: nodes.filter(({ hasMetadata }) => !hasMetadata).map(placeOf),
  }

  function causationOf(node: Node): string | undefined {
    const { cause, causation = '' } = node
    if (fault === 'no-causation-ids') return undefined
    return cause === undefined ? node.causation : `${idOf(cause)}${causation}`
  }
  function idOf(node: Node): string {
    return messageId(eventOf(node))
  }
  function eventOf(node: Node) {
    if (!node.hasMetadata) return serializedEvent(node.type, Buffer.from(node.data), null)
    const metadata = { correlationId, timestamp: new Date(node.statedAt).toISOString() }
    const causationId = causationOf(node)
    return serializedEvent(
      node.type,
      Buffer.from(node.data),
      causationId === undefined ? metadata : { ...metadata, causationId },
    )
  }
  function toRecord(node: Node, _: string, offset: number): BusRecord {
    const encoded = encodeRecord(eventOf(node), envelope)
    if (!encoded.ok) throw new Error(encoded.reason)
    // A damaged record lacks its last byte.
    const value = node.isDamaged ? encoded.value.subarray(0, -1) : encoded.value
    return {
      topic: node.topic,
      partition: 0,
      offset: BigInt(offset),
      timestamp: BigInt(node.time),
      key: Buffer.from(node.key),
      value,
      headers: encoded.headers,
    }
  }
}

/** Lists a message and all that followed from it. */
const subtree = (node: Node): readonly Node[] => [node, ...node.effects.flatMap(subtree)]

function loseEffects(node: Node): void {
  for (const effect of node.effects) {
    effect.isLost = true
    loseEffects(effect)
  }
}

/** A UUID of the seed, as clients write it. */
function uuidOf(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
