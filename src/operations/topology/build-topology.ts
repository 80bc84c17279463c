import { compareText } from '../../bus/compare.ts'
import { declaredTopics } from './declared-topics.ts'
import type { CausedFlow, GroupFacts, TopicTraffic, TopologyFacts } from './facts.ts'
import { judgeTopology } from './findings.ts'
import { includesType } from './services.ts'
import type { Flow, Note, Participant, Reader, TopicNode, Topology, TypeNode, TypeOfTopic } from './topology.ts'

/** Joins what the bus shows with what is declared. */
export function buildTopology(facts: TopologyFacts, notes: readonly Note[] = []): Topology {
  const { traffic, declarations, isWanted } = facts
  const readersOf = readersByTopic(facts)
  const handlersOf = handlers(readersOf, facts)
  const flows = facts.flows
    .map(({ firstCauses, ...flow }): Flow => ({ ...flow, by: handlersOf({ ...flow, firstCauses }) }))
    .sort((a, b) => b.count - a.count || compareText(flowName(a), flowName(b)))
  const known = new Map(traffic.map((own) => [own.topic, own]))
  const declared = [...declaredTopics(facts)].filter(isWanted)
  const names = new Set([...known.keys(), ...declared])
  const publishers = publishersByCausation(flows)
  const topics = [...names].sort(compareText).map((topic): TopicNode => {
    const own = known.get(topic)
    return {
      topic,
      isOnBus: own !== undefined || facts.existing.has(topic),
      isDeclared: declared.includes(topic) || declarations.schemas.has(topic),
      sampled: own?.sampled ?? 0,
      isWhole: own?.isWhole ?? true,
      types: typesOf(topic, own, readersOf(topic) ?? [], publishers, facts),
      withoutType: own?.withoutType ?? 0,
      unlisted: own?.unlisted ?? 0,
      readers: readersOf(topic),
    }
  })
  return { topics, flows, findings: judgeTopology(topics, facts), notes }
}

const flowName = ({ from, to }: Flow): string => [from.topic, from.eventType, to.topic, to.eventType].join('\n')

function readersByTopic({ groups, declarations }: TopologyFacts): (topic: string) => readonly Reader[] | null {
  if (groups === null) return () => null
  const serviceOf = new Map([...declarations.services].map(([name, { group }]) => [group, name]))
  const readers = new Map<string, Reader[]>()
  for (const own of [...groups].sort((a, b) => compareText(a.group, b.group))) {
    for (const [topic, { lag, counts }] of own.topics) {
      const ofTopic = readers.get(topic) ?? []
      readers.set(topic, ofTopic)
      ofTopic.push({ ...readerOf(own, serviceOf.get(own.group)), lag, counts })
    }
  }
  return (topic) => readers.get(topic) ?? []
}

const readerOf = ({ group, state, memberCount }: GroupFacts, service: string | undefined): Reader => ({
  ...{ group, service, state, memberCount },
})

const nameOf = ({ group, service }: Pick<Reader, 'group' | 'service'>): string => service ?? group

/** Returns a function that names the services and groups that may have handled the messages of a flow; see {@link Flow}. */
function handlers(
  readersOf: (topic: string) => readonly Reader[] | null,
  { declarations, groups }: TopologyFacts,
): (flow: CausedFlow) => readonly string[] {
  const groupOf = new Map(groups?.map((own) => [own.group, own]))
  return ({ from, to, firstCauses }) => {
    const declared = [...declarations.services]
      .filter(([, { consumes, publishes }]) => {
        return (
          includesType(consumes.get(from.topic), from.eventType) && includesType(publishes.get(to.topic), to.eventType)
        )
      })
      .map(([name]) => name)
    if (declared.length > 0) return declared.sort(compareText)
    const hasRead = ({ group }: Reader): boolean => {
      const committed = groupOf.get(group)?.topics.get(from.topic)?.committed
      return [...firstCauses].some(([partition, first]) => (committed?.get(partition) ?? 0n) > first)
    }
    return (readersOf(from.topic) ?? []).filter(hasRead).map(nameOf)
  }
}

/** Returns the services and groups that publish a type because messages caused it. Leaves out flows of several candidates. */
function publishersByCausation(flows: readonly Flow[]): (of: TypeOfTopic) => readonly string[] {
  const names = new Map<string, Set<string>>()
  for (const { to, by } of flows) {
    const [only] = by
    if (only === undefined || by.length > 1) continue
    const key = keyOf(to)
    const own = names.get(key) ?? new Set()
    names.set(key, own.add(only))
  }
  return (of) => [...(names.get(keyOf(of)) ?? [])].sort(compareText)
}

// The names of topics have no line breaks.
const keyOf = ({ topic, eventType }: TypeOfTopic): string => `${topic}\n${eventType}`

function typesOf(
  topic: string,
  traffic: TopicTraffic | undefined,
  readers: readonly Reader[],
  causing: (of: TypeOfTopic) => readonly string[],
  { declarations }: TopologyFacts,
): readonly TypeNode[] {
  const { services, schemas } = declarations
  const schema = schemas.get(topic)
  const seen = new Map(traffic?.types.map((type) => [type.eventType, type]))
  const isSeen = (name: string) => [...seen.keys()].some((eventType) => includesType([name], eventType))
  const named = [...services.values()].flatMap(({ consumes, publishes }) => [
    ...(consumes.get(topic) ?? []),
    ...(publishes.get(topic) ?? []),
  ])
  // A declared name with a wildcard is not a type.
  const onlyDeclared = [...(schema ?? []), ...named.filter((name) => !/[*?]/.test(name) && !isSeen(name))]
  const names = new Set([...seen.keys(), ...onlyDeclared])
  const declare = (key: 'consumes' | 'publishes', eventType: string): readonly Participant[] =>
    [...services]
      .filter(([, service]) => includesType(service[key].get(topic), eventType))
      .map(([name]) => ({ name, by: 'declaration' as const }))
  const others = readers
    .filter(({ service }) => service === undefined || !services.get(service)?.consumes.has(topic))
    .map((reader) => ({ name: nameOf(reader), by: 'offsets' as const }))
  return [...names]
    .map((eventType): TypeNode => {
      const { count = 0, lastSeen } = seen.get(eventType) ?? {}
      const declared = declare('publishes', eventType)
      const caused = causing({ topic, eventType })
        .filter((name) => !declared.some((known) => known.name === name))
        .map((name) => ({ name, by: 'causation' as const }))
      return {
        ...{ eventType, count, lastSeen },
        isInSchema: schema?.has(eventType),
        publishers: [...declared, ...caused],
        consumers: [...declare('consumes', eventType), ...others],
      }
    })
    .sort((a, b) => b.count - a.count || compareText(a.eventType, b.eventType))
}
