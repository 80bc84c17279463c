/** The hints of the drivers. Front ends may name their own settings instead of the options in the texts. */
export const driverHints = {
  nameBrokers: () =>
    ({ code: 'name-brokers', text: 'name the brokers in the option brokers, for example 127.0.0.1:9092' }) as const,
  checkAddress: () => ({ code: 'check-address', text: 'check the address in the option brokers' }) as const,
  checkPort: () => ({ code: 'check-port', text: 'check the port in the option brokers' }) as const,
  nameCertifiedHost: () =>
    ({
      code: 'name-certified-host',
      text: 'use a host name that the certificate is for in the option brokers, and in advertised.listeners of the broker',
    }) as const,
  nameServer: () =>
    ({
      code: 'name-server',
      text: 'or name it as tls: { servername } in the options of RedpandaEventBus',
    }) as const,
  connectWithTls: () =>
    ({
      code: 'use-tls',
      text: 'connect with TLS (tls: true in the options of RedpandaEventBus), or to a port without TLS',
    }) as const,
  leaveOutTls: () => ({ code: 'leave-out-tls', text: 'connect without TLS, or to a port with TLS' }) as const,
  logIn: () =>
    ({
      code: 'log-in',
      text: 'log in (sasl in the options of RedpandaEventBus), or connect to a port without a login',
    }) as const,
  leaveOutLogin: () =>
    ({ code: 'leave-out-login', text: 'connect without a login (no sasl), or to a port with one' }) as const,
  trustAuthority: () =>
    ({
      code: 'trust-authority',
      text: 'trust the authority that signed it: its certificate as tls: { ca } in the options of RedpandaEventBus',
    }) as const,
  trustCertificate: () =>
    ({
      code: 'trust-certificate',
      text: 'trust it: the certificate as tls: { ca } in the options of RedpandaEventBus',
    }) as const,
  giveClientCertificate: () =>
    ({
      code: 'give-client-certificate',
      text: 'give a client certificate: tls: { cert, key } or { pfx } in the options of RedpandaEventBus',
    }) as const,
  checkCertificates: () =>
    ({
      code: 'check-certificates',
      text: 'check the certificates and keys in tls in the options of RedpandaEventBus',
    }) as const,
  /** The timeout is an option, in milliseconds. */
  raiseTimeout: () =>
    ({
      code: 'raise-timeout',
      text: 'to wait longer: a larger timeout (milliseconds) in the options of RedpandaEventBus',
    }) as const,
  /** `bytes` is a limit that may suffice; absent if the size is unknown. */
  raiseMaxBatchBytes: (bytes?: number) =>
    ({
      code: 'raise-max-batch-bytes',
      text:
        bytes === undefined
          ? 'for larger batches: the option maxBatchBytes'
          : `raise the option maxBatchBytes to ${bytes}`,
      bytes,
    }) as const,
  /** For a reader without a group: the partition can be read from `next` on. */
  readFrom: (topic: string, partition: number, next: bigint) =>
    ({
      code: 'read-from',
      text: `continue after the batch: read ${topic}[${partition}] from offset ${next}`,
      topic,
      partition,
      next,
    }) as const,
  /** For a group: its members continue at `next` after a reset. */
  resetGroup: (group: string, topic: string, partition: number, next: bigint) =>
    ({
      code: 'reset-group',
      text: `continue after the batch: reset group '${group}' to offset ${next} of ${topic}[${partition}]`,
      group,
      topic,
      partition,
      next,
    }) as const,
  /** The name is absent if the broker does not say which resource; the operation is `All` if the request is unknown. */
  grantAcl: (resource: 'topic' | 'group' | 'cluster', name: string | undefined, operation = 'All') =>
    ({
      code: 'grant-acl',
      text: `grant the user the ACL for the operation ${operation} on ${resource === 'cluster' ? 'the cluster' : `the ${resource} ${name ?? 'NAME'}`}`,
      resource,
      name,
      operation,
    }) as const,
  chooseFolder: () => ({ code: 'choose-folder', text: 'choose another folder for the embedded bus' }) as const,
}

export type DriverHint = ReturnType<(typeof driverHints)[keyof typeof driverHints]>
