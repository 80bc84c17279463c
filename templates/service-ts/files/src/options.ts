import { parseArgs } from 'node:util'

export interface Options {
  /** Addresses of Kafka or Redpanda, `host:port,…`. `undefined` selects the embedded bus in `dataDir`. */
  readonly brokers: string | undefined
  readonly dataDir: string
  /** A `postgres://…` URL or the path of an SQLite file. */
  readonly store: string
  /** The number of sample commands to send at the start. `undefined` selects the default in main.ts. */
  readonly sample: number | undefined
  /** The port that serves health and metrics. `undefined` serves neither. */
  readonly port: number | undefined
}

/** Reads the options. Flags override the environment. Throws a `TypeError` for an unknown flag or an invalid value. */
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
