import type { TopicReport } from '../../operations/topics/topics.ts'
import { printable } from '../text/printable.ts'
import { formatTable } from '../text/table.ts'

/** Formats a topic for people: a head, its partitions, its settings, and the event types of its newest records. */
export function formatTopic(report: TopicReport, width: number | undefined): string {
  const { topic, partitionCount, replication, partitions, config, types, sampled, counts } = report
  const parts = [
    `TOPIC       ${printable(topic)}\nPARTITIONS  ${partitionCount}\nREPLICAS    ${replication}\n`,
    formatTable(
      [
        'PARTITION',
        'LEADER',
        'REPLICAS',
        'IN-SYNC',
        'START',
        'LAST-STABLE',
        'END',
        counts === 'offsets' ? 'OFFSETS' : 'EVENTS',
      ],
      partitions.map(({ partition, leader, replicas, inSync, start, end, lastStable }) => [
        partition,
        leader,
        replicas.join(','),
        inSync.join(','),
        start,
        lastStable,
        end,
        end - start,
      ]),
      width,
    ),
  ]
  if (config.size > 0) parts.push(formatTable(['SETTING', 'VALUE'], [...config], width))
  if (sampled > 0) {
    parts.push(
      formatTable(
        ['EVENT-TYPE', `IN-LAST-${sampled}`, 'IN-PARTITIONS'],
        types.map(({ eventType, count, partitions: at }) => [eventType, count, at.join(',')]),
        width,
      ),
    )
  }
  return parts.join('\n')
}
