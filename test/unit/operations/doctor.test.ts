import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { BrokerProbe, FileProbe, KafkaProbe, PartitionReplicas } from '../../../src/bus/probe.ts'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import { inspectFile } from '../../../src/drivers/embedded/inspect-file.ts'
import { judgeConnection } from '../../../src/operations/doctor/connection.ts'
import { judgeFile } from '../../../src/operations/doctor/file.ts'
import { type Finding, isFault } from '../../../src/operations/doctor/finding.ts'
import { GroupWatch } from '../../../src/operations/doctor/group-watch.ts'

const faultsOf = (findings: readonly Finding[]) => findings.filter(isFault)
const codesOf = (findings: readonly Finding[]) => faultsOf(findings).map(({ code }) => code)

describe('a connection', () => {
  const NOW = Date.UTC(2026, 10, 23)
  const DAY_MS = 86_400_000
  const broker: BrokerProbe = {
    address: 'kafka-1:9092',
    resolved: ['10.0.0.1'],
    connected: 3,
    requests: { release: '4.1', missing: [] },
    clusterId: 'main',
  }
  const partition = (own: Partial<PartitionReplicas>): PartitionReplicas => {
    return { topic: 'order-events', partition: 0, leader: 1, replicas: [1, 2], inSync: [1, 2], ...own }
  }
  const cluster = {
    clusterId: 'main',
    controller: 1,
    brokers: [
      { id: 1, address: 'kafka-1:9092' },
      { id: 2, address: 'kafka-2:9092' },
    ],
    partitions: [partition({}), partition({ partition: 1, leader: 2 })],
  }
  const healthy: KafkaProbe = { kind: 'kafka', bootstrap: [broker], advertised: [{ ...broker, broker: 2 }], cluster }
  const certificate = { subject: 'kafka-1', issuer: 'authority', expires: NOW + 31 * DAY_MS }

  test('without a fault has no faults', () => {
    expect(codesOf(judgeConnection(healthy, NOW, 'main'))).toEqual([])
    expect(codesOf(judgeConnection({ ...healthy, bootstrap: [{ ...broker, certificate }] }, NOW))).toEqual([])
  })

  test.each<[string, KafkaProbe, object]>([
    [
      'a certificate that expires in 29 days',
      { ...healthy, bootstrap: [{ ...broker, certificate: { ...certificate, expires: NOW + 29 * DAY_MS } }] },
      { code: 'certificate-expires-soon', expires: '2026-12-22T00:00:00.000Z' },
    ],
    [
      'a request that the broker lacks',
      { ...healthy, bootstrap: [{ ...broker, requests: { missing: ['Fetch version 11'] } }] },
      { code: 'requests-missing', requests: ['Fetch version 11'] },
    ],
    [
      'an address of another cluster',
      { ...healthy, advertised: [{ ...broker, broker: 2, address: 'localhost:9092', clusterId: 'other' }] },
      { code: 'other-cluster', address: 'localhost:9092', clusterId: 'other', expected: 'main' },
    ],
    ['no controller', { ...healthy, cluster: { ...cluster, controller: -1 } }, { code: 'no-controller' }],
    [
      'a partition without a leader',
      { ...healthy, cluster: { ...cluster, partitions: [partition({ leader: -1, inSync: [] })] } },
      { code: 'partitions-offline', partitions: [{ topic: 'order-events', partition: 0 }] },
    ],
    [
      'a replica out of sync',
      { ...healthy, cluster: { ...cluster, partitions: [partition({ inSync: [1] }), partition({ partition: 1 })] } },
      { code: 'replicas-out-of-sync', brokers: [2], partitions: [{ topic: 'order-events', partition: 0 }] },
    ],
  ])('has exactly one fault: %s', (_, probe, fault) => {
    const faults = faultsOf(judgeConnection(probe, NOW))
    expect(faults).toMatchObject([fault])
    expect(faults[0]?.hints).not.toEqual([])
  })

  test('to another cluster than the profile names is a fault of each address', () => {
    expect(codesOf(judgeConnection(healthy, NOW, 'prod'))).toEqual(['other-cluster', 'other-cluster'])
  })
})

describe('a watched group', () => {
  const sample = (offset: bigint, end: bigint) => ({
    state: 'Stable',
    members: [{ memberId: 'a' }],
    offsets: [{ topic: 'order-events', partition: 0, offset }],
    isWaiting: ({ offset: own }: { readonly offset: bigint }) => own < end,
  })

  test('commits late if events wait for four seconds before a commit', () => {
    const watch = new GroupWatch()
    watch.add(0, sample(1n, 9n))
    watch.add(2000, sample(1n, 9n))
    watch.add(5000, sample(9n, 9n))
    expect(faultsOf(watch.judge('billing', 5000))).toMatchObject([{ code: 'commits-late', largest: 8n, longest: 5000 }])
  })

  test('does not commit late if there was nothing to commit', () => {
    const watch = new GroupWatch()
    watch.add(0, sample(1n, 1n))
    watch.add(9000, sample(1n, 1n))
    watch.add(9500, sample(1n, 2n))
    watch.add(9900, sample(2n, 2n))
    expect(faultsOf(watch.judge('billing', 9900))).toEqual([])
  })

  test('rebalances once while its members change during one rebalance', () => {
    const watch = new GroupWatch()
    const members = (...ids: string[]) => ids.map((memberId) => ({ memberId }))
    const at = { ...sample(1n, 1n), offsets: [] }
    watch.add(0, at)
    watch.add(500, { ...at, state: 'PreparingRebalance', members: members('a', 'b') })
    watch.add(1000, { ...at, state: 'CompletingRebalance', members: members('b') })
    watch.add(1500, { ...at, members: members('b') })
    expect(watch.judge('billing', 1500)).toMatchObject([{ code: 'rebalanced', count: 1, joined: ['b'], left: ['a'] }])
  })
})

describe('the file of a bus', () => {
  const probe: FileProbe = { kind: 'embedded', path: 'bus.db', bytes: 4096, free: 1e9, isWritable: true, damage: [] }

  test('has exactly its faults', () => {
    expect(codesOf(judgeFile(probe))).toEqual([])
    expect(codesOf(judgeFile({ ...probe, damage: undefined }))).toEqual([])
    expect(codesOf(judgeFile({ ...probe, free: 50_000_000 }))).toEqual(['disk-nearly-full'])
    expect(codesOf(judgeFile({ ...probe, isWritable: false }))).toEqual(['bus-read-only'])
    expect(codesOf(judgeFile({ ...probe, damage: ['row 3 missing from index'] }))).toEqual(['bus-damaged'])
  })

  test('is inspected without a change', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crbus-inspect-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'bus.db')
    expect(inspectFile(path)).toEqual({ kind: 'embedded', path })
    await new EmbeddedEventBus({ path }).close()
    chmodSync(path, 0o600)
    expect(inspectFile(path)).toMatchObject({ isWritable: true, damage: [], free: expect.any(Number) })
  })
})
