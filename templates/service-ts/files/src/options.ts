import { parseArgs } from 'node:util'

export interface Options {
  /** Kafka or Redpanda, `host:port,…`; without it the embedded bus in `dataDir`. */
  readonly brokers: string | undefined
  readonly dataDir: string
  /** `postgres://…` or the path of an SQLite file. */
  readonly store: string
  /** So many sample commands are placed at the start; `undefined`: see main.ts. */
  readonly sample: number | undefined
  /** Where health and metrics are answered; `undefined`: nowhere. */
  readonly port: number | undefined
}

/** Flags go before the environment. Throws a `TypeError` for a flag that there is not. */
export function readOptions(argv: string[], env: Readonly<Record<string, string | undefined>>): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      brokers: { type: 'string', short: 'b' },
      'data-dir': { type: 'string' },
      store: { type: 'string' },
      sample: { type: 'string' },
      port: { type: 'string' },
    },
  })
  const dataDir = values['data-dir'] ?? (env.CRBUS_DATA_DIR || '.crbus')
  const sample = values.sample === undefined ? undefined : Number(values.sample)
  if (sample !== undefined && !Number.isSafeInteger(sample)) throw new TypeError('--sample takes a number')
  const givenPort = values.port ?? (env.PORT || undefined)
  const port = givenPort === undefined ? undefined : Number(givenPort)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new TypeError(`--port (or PORT) takes a number below 65536, not ${givenPort}`)
  }
  const local = values['data-dir'] !== undefined
  return {
    brokers: values.brokers ?? ((!local && (env.CRBUS_BROKERS || env.REDPANDA_BROKERS)) || undefined),
    dataDir,
    store: values.store ?? (env.DATABASE_URL || `${dataDir}/store.db`),
    sample,
    port,
  }
}
