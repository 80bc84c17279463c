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

/** Returns each broker as `host:port` in a form that can be compared; `undefined` if one of them is not an address. */
export function brokersOf(text: string): string[] | undefined {
  const given = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  const found = given.map((one) =>
    /^(?:[a-z_]+:\/\/)?(?:\[([^\]]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(one.toLowerCase()),
  )
  if (found.length === 0 || found.includes(null)) return undefined
  return found.map((parts) => {
    const host = (parts?.[1] ?? parts?.[2] ?? '').replace(/\.$/, '')
    // 9092 is also the default port of the driver.
    return `${LOOPBACK.test(host) ? 'localhost' : host}:${Number(parts?.[3] ?? 9092)}`
  })
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
