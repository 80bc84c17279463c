import { globMatcher } from '../../bus/names/glob.ts'

/** What a service consumes and publishes, as crbus.json declares it. */
export interface ServiceDeclaration {
  /** The consumer group of the service. */
  readonly group: string | undefined
  /** The event types by topic. A name without `.vN` stands for all versions; `*` and `?` are wildcards. */
  readonly consumes: ReadonlyMap<string, readonly string[]>
  readonly publishes: ReadonlyMap<string, readonly string[]>
}

const version = /\.v\d+$/

/** Whether one of the declared names stands for an event type. */
export const includesType = (declared: readonly string[] | undefined, eventType: string): boolean =>
  declared?.some((name) => isMeant(name, eventType)) ?? false

/** Whether a declared name stands for an event type: `OrderPlaced` for `OrderPlaced.v1` and `OrderPlaced.v2`. */
function isMeant(name: string, eventType: string): boolean {
  const matches = globMatcher(name)
  return matches(eventType) || (!version.test(name) && matches(eventType.replace(version, '')))
}

/** Whether two declared names may stand for the same event type. */
export const mayMeanSame = (a: string, b: string): boolean => isMeant(a, b) || isMeant(b, a)
