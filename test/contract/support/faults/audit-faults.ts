import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { audit } from '../../../../src/operations/audit/audit.ts'
import type { AuditRequest } from '../../../../src/operations/audit/gather-messages.ts'
import { type StreamsOfTopic, streamsOfTopic } from '../../../../src/operations/audit/streams-of-topics.ts'
import { openStoreSetup } from '../../../../src/store/open.ts'
import { type AuditedHistory, foundLines, writeAuditedHistory } from '../../../support/audited-history.ts'
import { numberedList, testSignal } from '../harness.ts'
import type { BusAndStore } from './bus-and-store.ts'
import type { FaultTable, SeededFindings } from './fault-table.ts'

const HISTORIES = 6
const CLEAN = 'none'
const STRANGE = 'topic without a stream in the store'

const names: Readonly<Record<keyof AuditedHistory['byFault'], string>> = {
  lost: 'lost publish',
  duplicated: 'duplicate',
  swapped: 'out of order',
  phantom: 'published, never stored',
  'new-metadata': 'published with other metadata',
  'no-metadata': 'record without metadata',
  'new-data': 'published with other data',
  'new-version': 'published with another event version',
  undecodable: 'damaged record',
  waiting: 'none: waits in the outbox',
  retried: 'none: retried dead letter',
  bare: 'none: no metadata in the store either',
}

/** The fault as which a finding counts that was not seeded. */
const faultOf = (finding: string): string => {
  const faults: Readonly<Record<string, string>> = {
    'never-published': names.lost,
    'published-twice': names.duplicated,
    'out-of-order': names.swapped,
    'never-stored': names.phantom,
    undecodable: names.undecodable,
  }
  const [code = '', , part] = finding.split(' ')
  return faults[code] ?? `${code} ${part ?? ''}`.trim()
}

/** Audits topics against a store that is in use: events that were stored in the present millisecond are judged as well. */
export const auditRequest = (topics: readonly StreamsOfTopic[], location: string): AuditRequest => ({
  topics,
  grace: 0,
  owners: async () => {
    await using setup = await openStoreSetup(location)
    return (await setup.backlog()).owners.map(({ owner }) => owner)
  },
  // A second later than now, because events that were stored in this millisecond would not be judged.
  storeTime: async () => Date.now() + 1000,
  folder: tmpdir(),
  signal: new AbortController().signal,
  onProgress: () => {},
})

/** Writes histories with faults to a store and to topics, and compares the findings of one audit of all topics. */
export async function compareAudits({ bus, store, location }: BusAndStore, table: FaultTable): Promise<void> {
  table.expectFaults('audit', [CLEAN, STRANGE, ...Object.values(names)])
  const topics: StreamsOfTopic[] = []
  const seeded = new Map<string, SeededFindings>()
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const prefix = `f-${randomUUID()}-`
    const topic = `${prefix}events`
    await bus.admin.createTopic(topic, { partitions: 3 })
    topics.push(streamsOfTopic(topic, [topic], prefix))
    // The last history is clean.
    const faulty = seed === HISTORIES ? 0 : 0.25
    const history = await writeAuditedHistory(bus, store, topic, {
      seed,
      streams: 20,
      eventsOfStream: 6,
      faulty,
      prefix,
    })
    const byFault = Object.entries(history.byFault).map(([fault, lines]) => [names[fault as keyof typeof names], lines])
    seeded.set(topic, { ...(faulty === 0 && { [CLEAN]: [] }), ...Object.fromEntries(byFault) })
  }
  const strange = `f-${randomUUID()}-events`
  await bus.admin.createTopic(strange, { partitions: 1 })
  await bus.publish(strange, numberedList(3))
  topics.push(streamsOfTopic(strange, [strange]))
  seeded.set(strange, { [STRANGE]: [`no-streams ${strange} 3`] })

  const { report } = await audit(bus, store, { ...auditRequest(topics, location), signal: testSignal() })
  for (const [topic, own] of seeded) {
    const findings = report.findings.filter((finding) => finding.topic === topic)
    table.compare('audit', own, foundLines({ ...report, findings }), faultOf)
  }
}
