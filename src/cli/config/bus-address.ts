import { realpathSync } from 'node:fs'
import type { Security } from './security/resolve-security.ts'

/** The address of a bus. */
export type BusAddress =
  | {
      readonly kind: 'kafka'
      /** `host:port`, several separated by commas. */
      readonly brokers: string
      /** The largest record batch to read, in bytes after decompression. Absent: the limit of the driver. */
      readonly maxBatchBytes?: number | undefined
      /** TLS and login. Absent: neither. */
      readonly security?: Security | undefined
      /** The id that the cluster must have. */
      readonly clusterId?: string | undefined
    }
  /** The absolute path of the folder with the file of the bus. */
  | { readonly kind: 'embedded'; readonly folder: string }

/** Matches an address in lower case: protocol, IPv6 address or host, port. Host names of other alphabets are written in Punycode. */
const ADDRESS = /^(?:([a-z_]+):\/\/)?(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([\w.-]+))(?::(\d{1,5}))?$/

const KAFKA_PROTOCOLS = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl']

const MAX_PORT = 65_535

const addressesIn = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** Returns each broker as `host:port` in a form that can be compared; `undefined` if one of them is not an address. */
export function brokersOf(text: string): string[] | undefined {
  if (brokersProblem(text) !== undefined) return undefined
  return addressesIn(text).map((one) => {
    const [, , ipv6, name, port] = ADDRESS.exec(one.toLowerCase()) ?? []
    const host = (ipv6 ?? name ?? '').replace(/\.$/, '')
    // 9092 is also the default port of the driver.
    return `${LOOPBACK.test(host) ? 'localhost' : host}:${Number(port ?? 9092)}`
  })
}

/** Returns what is wrong with a list of brokers. The problem continues a message that names the list, and does not repeat it. */
export function brokersProblem(text: string): string | undefined {
  const given = addressesIn(text)
  if (given.some((one) => one.includes('@'))) {
    return 'must not contain a user name or password: a login has settings of its own, such as sasl.username'
  }
  const found = given.map((one) => ADDRESS.exec(one.toLowerCase()))
  if (found.length === 0 || found.includes(null)) return 'must be host:port, several separated by commas'
  const ports = found.flatMap((parts) => (parts?.[4] === undefined ? [] : [Number(parts[4])]))
  if (ports.some((port) => port < 1 || port > MAX_PORT)) return `must have ports from 1 to ${MAX_PORT}`
  const protocols = new Set(found.map((parts) => parts?.[1]))
  const unknown = [...protocols].find((name) => name !== undefined && !KAFKA_PROTOCOLS.includes(name))
  if (unknown !== undefined) {
    return `has the protocol ${unknown}://, but Kafka's are ${KAFKA_PROTOCOLS.map((name) => name.toUpperCase()).join(', ')}`
  }
  // The protocol of the first address applies to all.
  const [first] = found.map((parts) => parts?.[1])
  const isMixed = [...protocols].some((name) => name !== undefined && name !== first)
  return isMixed ? 'must have the same protocol before every address, or before the first' : undefined
}

/** Returns the protocol of addresses such as `SASL_SSL://host:9093`; `undefined` if no address has one. */
export const protocolOf = (brokers: string): string | undefined => /^\s*([A-Za-z_]+):\/\//.exec(brokers)?.[1]

/** All addresses of this machine count as the same host. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/** Whether two addresses name the same bus: they share a broker, or their folders are the same. */
export function isSameBus(one: BusAddress, other: BusAddress): boolean {
  if (one.kind === 'kafka' && other.kind === 'kafka') {
    const known = brokersOf(one.brokers) ?? []
    return (brokersOf(other.brokers) ?? []).some((broker) => known.includes(broker))
  }
  return one.kind === 'embedded' && other.kind === 'embedded' && realFolder(one.folder) === realFolder(other.folder)
}

/** Returns a folder without symbolic links in its path. A folder that does not exist is returned unchanged. */
function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}
