import { realpathSync } from 'node:fs'

/** Where a bus is. */
export type BusAddress =
  | {
      readonly kind: 'kafka'
      /** `host:port`, several separated by commas. */
      readonly brokers: string
      /** The largest record batch that is read, once it is decompressed; absent: the driver's own limit. */
      readonly maxBatchBytes?: number | undefined
    }
  /** The folder of the file, absolute. */
  | { readonly kind: 'embedded'; readonly folder: string }

/** `host:port` of each broker, alike for what is alike; `undefined` when one is no address. */
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
    // The driver's own port, where none is given.
    return `${LOOPBACK.test(host) ? 'localhost' : host}:${Number(parts?.[3] ?? 9092)}`
  })
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/** Whether two addresses lead to one bus, as far as they tell: brokers have one in common, folders are the same. */
export function isSameBus(one: BusAddress, other: BusAddress): boolean {
  if (one.kind === 'kafka' && other.kind === 'kafka') {
    const known = brokersOf(one.brokers) ?? []
    return (brokersOf(other.brokers) ?? []).some((broker) => known.includes(broker))
  }
  return one.kind === 'embedded' && other.kind === 'embedded' && realFolder(one.folder) === realFolder(other.folder)
}

/** Behind symbolic links; one that is not there is nobody's yet. */
function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}
