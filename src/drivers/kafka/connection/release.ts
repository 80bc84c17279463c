import type { ApiVersions } from '../protocol/api.ts'
import { fetchApi } from '../protocol/fetch.ts'

/**
 * The first release of Kafka with each version of Fetch, newest first: `validVersions` of `common/message/FetchRequest.json` in
 * the tags and the kafka-clients jars of 2.2 to 4.3. Version 14 was never the newest of a release. Version 11 is that of 2.3, but
 * a broker with all needed requests is at least a 2.4, the first release with version 4 of CreateTopics.
 */
const fetchReleases = [
  [18, '4.1'],
  [17, '3.9'],
  [16, '3.7'],
  [15, '3.5'],
  [13, '3.1'],
  [12, '2.7'],
  [11, '2.4'],
] as const

/** Returns the oldest release of Kafka that supports these requests; `undefined` for one before 2.4. */
export function releaseOfRequests(versions: ApiVersions): string | undefined {
  const newest = versions.get(fetchApi.key)?.newest ?? 0
  return fetchReleases.find(([version]) => newest >= version)?.[1]
}

/** The first level of the feature `metadata.version` of each release, newest first: `MetadataVersion.java` of Kafka. */
const metadataReleases = [
  [28, '4.2 or later'],
  [26, '4.1'],
  [22, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [15, '3.7'],
  [12, '3.6'],
  [9, '3.5'],
  [8, '3.4'],
  [4, '3.3'],
  [3, '3.2'],
  [2, '3.1'],
  [1, '3.0'],
] as const

/** Returns the release that the cluster has been upgraded to, by its features; `undefined` if they do not tell. */
export function releaseOfFeatures(features: ReadonlyMap<string, number>): string | undefined {
  const level = features.get('metadata.version') ?? 0
  return metadataReleases.find(([first]) => level >= first)?.[1]
}
