import type { TopologyFacts } from './facts.ts'

/** The topics that crbus.json names, by themselves or as those of services. */
export function declaredTopics({ declarations }: Pick<TopologyFacts, 'declarations'>): ReadonlySet<string> {
  const ofServices = [...declarations.services.values()].flatMap(({ consumes, publishes }) => [
    ...consumes.keys(),
    ...publishes.keys(),
  ])
  return new Set([...declarations.topics, ...ofServices])
}
