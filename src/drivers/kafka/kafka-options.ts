// Apart from the files that use them: the published types reach these, and shall not reach what is behind.

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export type Sasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'oauthbearer'; readonly oauthBearerProvider: () => Promise<{ readonly value: string }> }
