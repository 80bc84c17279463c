import type { ConfigSurroundings } from '../../config.ts'

/**
 * Matches the variables with secrets of connections that crbus reads itself: its own, those of other Kafka clients, and those of
 * Postgres.
 */
const SECRET_VARIABLES =
  /^(?:CRBUS_TLS_(?:KEY|PFX|KEY_PASSPHRASE)|CRBUS_SASL_(?:PASSWORD|TOKEN|CLIENT_SECRET|EXTENSIONS)|KAFKA_SSL_(?:KEY|KEYSTORE)_(?:PEM|PASSWORD)|KAFKA_SASL_PASSWORD|KAFKA_SASL_OAUTHBEARER_(?:CLIENT_SECRET|EXTENSIONS)|CRBUS_REGISTRY_PASSWORD|CRBUS_STORE|PGPASSWORD)$/

/**
 * Returns the environment for a program that crbus starts: without the secrets of connections, which the program does not need and
 * which each of its own programs and packages could read.
 */
export const withoutSecrets = (env: ConfigSurroundings['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || SECRET_VARIABLES.test(name.toUpperCase()) ? [] : [[name, value]],
    ),
  )
