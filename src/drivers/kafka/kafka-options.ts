// Apart from the files that use them: the published types reach these, and shall not reach what is behind.

/**
 * The largest record batch that is read when no option says otherwise, 128 MiB once it is decompressed. Brokers take 1 MiB
 * by default, compressed; librdkafka receives 100 MB at most.
 */
export const MAX_BATCH_BYTES = 128 * 1024 * 1024

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export type Sasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'oauthbearer'; readonly oauthBearerProvider: () => Promise<{ readonly value: string }> }
