// These types are in a separate file, so that the published types do not include the code that uses them.

/**
 * The default limit of a record batch that is read: 128 MiB when decompressed. By default, brokers accept 1 MiB compressed;
 * librdkafka receives at most 100 MB.
 */
export const MAX_BATCH_BYTES = 128 * 1024 * 1024

/** The compression of the record batches that a publisher sends. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** The login at a broker: a user name and a password, or a function that provides a token. */
export type Sasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | {
      readonly mechanism: 'oauthbearer'
      /** Returns the token. Called for every new connection. */
      readonly oauthBearerProvider: () => Promise<BearerToken>
    }

/** A token for a login with OAUTHBEARER. */
export interface BearerToken {
  /** The token as the identity provider returned it, for example a JSON Web Token. */
  readonly value: string
  /** Extensions of the login (RFC 7628, 3.1), such as `logicalCluster` of Confluent Cloud. Default: none. */
  readonly extensions?: Readonly<Record<string, string>> | undefined
}
