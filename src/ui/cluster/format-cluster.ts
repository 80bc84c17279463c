import type { ClientQuota } from '../../bus/cluster/cluster-details.ts'
import type { ClusterReport, MissingPart } from '../../operations/cluster/inspect-cluster.ts'
import { formatBytes } from '../text/format-bytes.ts'
import { listedPartitions, plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** The most partitions that a line names. */
const MAX_PARTITIONS = 10

/** Formats a cluster for people: a head, its brokers, folders and quotas, then the parts that are missing. */
export function formatCluster(report: ClusterReport, width: number | undefined): string {
  const { brokers, controller, logDirs, quotas, missing } = report
  const parts = [headOf(report)]
  if (brokers.length > 0) {
    parts.push(
      formatTable(
        ['BROKER', 'ADDRESS', 'RACK', 'RELEASE', 'ROLE'],
        brokers.map(({ id, host, port, rack = '', release }) => [
          ...[id, `${host}:${port}`, rack],
          ...[release === undefined ? '' : `${release}+`, id === controller ? 'controller' : ''],
        ]),
        width,
      ),
    )
  }
  if (logDirs !== null && logDirs.length > 0) {
    const size = (bytes: bigint | undefined) => (bytes === undefined ? '' : formatBytes(Number(bytes)).replace(' ', ''))
    parts.push(
      formatTable(
        ['BROKER', 'FOLDER', 'REPLICAS', 'SIZE', 'DISK-FREE', 'DISK-SIZE', 'ERROR'],
        logDirs.map(({ broker, path, replicaCount, bytes, freeBytes, totalBytes, error = '' }) => [
          ...[broker, path, replicaCount, size(bytes), size(freeBytes), size(totalBytes), error],
        ]),
        width,
      ),
    )
  }
  if (quotas !== null && quotas.length > 0) {
    parts.push(formatTable(['QUOTA-OF', 'LIMIT', 'VALUE'], quotas.flatMap(quotaRows), width))
  }
  if (missing.length > 0) parts.push(missing.map((part) => `${printable(missingText(part))}\n`).join(''))
  return parts.join('\n')
}

function headOf(report: ClusterReport): string {
  const { kind, clusterId, release, features, topicCount, partitionCount, underReplicated, offline, file } = report
  const level = features.get('metadata.version')
  const rows = [
    ['KIND', kind],
    ['CLUSTER', clusterId],
    ...(release === undefined ? [] : [['RELEASE', `${release} (metadata.version ${level})`]]),
    ...(file === undefined ? [] : [['SIZE', formatBytes(file.bytes)]]),
    ...(file?.freeBytes === undefined ? [] : [['DISK-FREE', formatBytes(file.freeBytes)]]),
    ...(file === undefined ? [] : [['SQLITE', file.sqlite]]),
    ['TOPICS', `${topicCount} (${plural(partitionCount, 'partition')})`],
    ['UNDER-REPLICATED', listedPartitions(underReplicated, MAX_PARTITIONS) || 'none'],
    ['OFFLINE', listedPartitions(offline, MAX_PARTITIONS) || 'none'],
  ] as const
  // A file has no replicas.
  const shown = file === undefined ? rows : rows.slice(0, -2)
  return shown.map(([name = '', value = '']) => `${name.padEnd(16)}  ${printable(value)}\n`).join('')
}

function quotaRows({ entity, limits }: ClientQuota): [string, string, number][] {
  const who = [...entity].map(([type, name]) => `${type}=${name ?? '<default>'}`).join(',')
  return [...limits].map(([limit, value]) => [who, limit, value])
}

const partNames = { 'log-dirs': 'folders of brokers', quotas: 'quotas' } as const

function missingText({ part, code, reason }: MissingPart): string {
  const words = { 'not-allowed': 'not allowed', unsupported: 'not supported', failed: 'failed' } as const
  return `${partNames[part]}: ${words[code]}: ${reason}`
}
