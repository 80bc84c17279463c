import { compareNumbers } from '../../bus/compare.ts'
import { advice } from '../../bus/hints.ts'
import type { BrokerProbe, KafkaProbe, PartitionReplicas, ProbedCluster } from '../../bus/probe.ts'
import { operationHints } from '../hints.ts'
import { error, type Finding, ok, warning } from './finding.ts'

/** Certificates that expire within this time are reported. */
const SOON_MS = 30 * 86_400_000

/** Judges what a probe of brokers saw. `expected` is the id that the cluster must have; absent if any will do. */
export function judgeConnection(probe: KafkaProbe, now: number, expected?: string): readonly Finding[] {
  const { bootstrap, advertised, cluster } = probe
  const clusterId = expected ?? cluster?.clusterId
  return [
    ...bootstrap.flatMap((broker) => [...judgeBroker(broker, now), ...judgeIdentity(broker, clusterId)]),
    ...advertised.flatMap((broker) => [...judgeAdvertised(broker, now), ...judgeIdentity(broker, clusterId)]),
    ...(cluster === undefined ? [] : judgeCluster(cluster)),
  ]
}

/** Whether no given address answered with the brokers of its cluster. */
export const isUnreachable = ({ cluster }: KafkaProbe): boolean => cluster === undefined

function judgeBroker({ address, failure, ...seen }: BrokerProbe, now: number): Finding[] {
  const findings: Finding[] = []
  const { resolved, connected, certificate, requests, login } = seen
  if (resolved !== undefined) findings.push(ok({ code: 'name-resolved', address, addresses: resolved }))
  if (connected !== undefined) findings.push(ok({ code: 'port-open', address, duration: Number(connected.toFixed(1)) }))
  // The failure explains a certificate that was refused.
  const isRefused = failure?.stage === 'tls' && certificate?.rejected !== undefined
  if (certificate !== undefined && !isRefused) {
    const { rejected, subject, issuer, expires } = certificate
    const shown = { address, subject, issuer, expires: new Date(expires).toISOString() }
    if (rejected !== undefined) {
      const hints = [operationHints.verifyCertificates()]
      findings.push(warning({ code: 'certificate-not-verified', reason: rejected, ...shown }, hints))
    } else if (expires - now < SOON_MS) {
      const hints = [advice('renew the certificate of the broker')]
      findings.push(warning({ code: 'certificate-expires-soon', ...shown }, hints))
    } else findings.push(ok({ code: 'certificate-valid', ...shown }))
  }
  if (requests !== undefined) {
    const { release, missing } = requests
    if (missing.length === 0) findings.push(ok({ code: 'requests-supported', address, release }))
    else {
      const hints = [advice('use Apache Kafka 2.4 or later, or Redpanda')]
      findings.push(error({ code: 'requests-missing', address, requests: missing }, hints))
    }
  }
  if (login !== undefined) findings.push(ok({ code: 'logged-in', address, mechanism: login }))
  if (failure !== undefined) {
    const { stage, reason, hints } = failure
    findings.push(error({ code: 'connection-failed', address, stage, reason }, hints))
  }
  return findings
}

/** Judges an address that a broker advertises. A failure has another cause and another remedy than that of a given address. */
function judgeAdvertised(probe: KafkaProbe['advertised'][number], now: number): Finding[] {
  const { address, broker, failure } = probe
  const seen = judgeBroker({ ...probe, failure: undefined }, now)
  if (failure === undefined) return seen
  const { stage, reason, hints } = failure
  const advertise = operationHints.advertiseReachable(address)
  const remedies = {
    ...{ dns: [advertise], tcp: [advertise, advice(`check that broker ${broker} is running`)] },
    ...{ tls: hints, versions: hints, login: hints, metadata: hints },
  }
  return [...seen, error({ code: 'advertised-unreachable', address, broker, stage, reason }, remedies[stage])]
}

function judgeIdentity({ address, clusterId }: BrokerProbe, expected: string | undefined): Finding[] {
  if (clusterId === undefined || expected === undefined || clusterId === expected) return []
  return [error({ code: 'other-cluster', address, clusterId, expected }, [operationHints.showConfig()])]
}

function judgeCluster({ clusterId, controller, brokers, partitions }: ProbedCluster): Finding[] {
  const offline = partitions.filter(({ leader }) => leader < 0)
  const behind = partitions.filter((own) => own.leader >= 0 && outOfSync(own).length > 0)
  const at = ({ topic, partition }: PartitionReplicas) => ({ topic, partition })
  const findings = [ok({ code: 'cluster-described', clusterId, brokerCount: brokers.length })]
  if (controller < 0) {
    findings.push(warning({ code: 'no-controller', clusterId }, [advice('start the controllers of the cluster')]))
  }
  if (offline.length > 0) {
    const ids = idsOf(offline.flatMap(({ replicas }) => replicas))
    const hints = [advice(`start the brokers that hold them: ${ids.join(', ')}`)]
    findings.push(error({ code: 'partitions-offline', partitions: offline.map(at) }, hints))
  }
  if (behind.length > 0) {
    const ids = idsOf(behind.flatMap(outOfSync))
    const hints = [advice(`start these brokers, or check their disks and their log: ${ids.join(', ')}`)]
    findings.push(warning({ code: 'replicas-out-of-sync', partitions: behind.map(at), brokers: ids }, hints))
  }
  if (offline.length === 0 && behind.length === 0) {
    findings.push(ok({ code: 'replicas-in-sync', partitionCount: partitions.length }))
  }
  return findings
}

const outOfSync = ({ replicas, inSync }: PartitionReplicas): number[] => replicas.filter((id) => !inSync.includes(id))

const idsOf = (ids: readonly number[]): number[] => [...new Set(ids)].sort(compareNumbers)
