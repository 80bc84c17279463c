import { Chalk } from 'chalk'
import type { NamedBus } from '../../operations/bus-identity.ts'
import { printable } from '../text/printable.ts'

/**
 * Names the bus of a command in one line: `prod: kafka-1:9092 (cluster 5L6g3nShT-eMCtK--X86sw), protected`. The name of a bus that
 * a profile guards is red. `undefined` for the embedded bus without a profile, which is on this machine.
 */
export function formatBus({ kind, clusterId, profile, brokers, guard }: NamedBus, color: boolean): string | undefined {
  if (brokers === undefined && profile === undefined) return undefined
  const cluster = brokers === undefined || clusterId === undefined ? '' : ` (cluster ${clusterId})`
  const name = profile === undefined ? '' : `${profile}: `
  const text = printable(`${name}${brokers ?? kind}${cluster}${guard === undefined ? '' : `, ${guard}`}`)
  return guard === undefined ? text : new Chalk({ level: color ? 1 : 0 }).red(text)
}
