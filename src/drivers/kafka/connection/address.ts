import { connectionFailed } from '../../../bus/errors.ts'
import { driverHints } from '../../hints.ts'

/** The address of a broker. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
}

const KAFKA_PORT = 9092

/** Parses `host`, `host:port` or `[IPv6]:port`, optionally after a scheme. The default port is 9092, as in librdkafka. */
export function toAddress(broker: string): Address {
  const found = /^(?:[A-Za-z_]+:\/\/)?(?:\[([^\]]+)\]|([^:/@]+))(?::(\d{1,5}))?$/.exec(broker)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3] ?? KAFKA_PORT)
  if (host === undefined || port < 1 || port > 65535) {
    // What precedes an @ may be a password.
    const shown = broker.includes('@') ? '' : ` '${broker}'`
    throw connectionFailed(`invalid broker address${shown}: expected host:port`, {
      hints: [driverHints.nameBrokers()],
    })
  }
  return { host, port }
}
