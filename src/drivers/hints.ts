/** The hints of the drivers. A front end may replace a text by its code, to name a flag or a setting instead of an option. */
export const driverHints = {
  nameBrokers: () =>
    ({ code: 'name-brokers', text: 'name the brokers in the option brokers, for example 127.0.0.1:9092' }) as const,
  checkAddress: () => ({ code: 'check-address', text: 'check the address in the option brokers' }) as const,
  checkPort: () => ({ code: 'check-port', text: 'check the port in the option brokers' }) as const,
  checkAdvertised: (address: string) =>
    ({
      code: 'check-advertised',
      text: `if ${address} cannot be reached from here, correct advertised.listeners of the broker`,
      address,
    }) as const,
  nameCertifiedHost: () =>
    ({
      code: 'name-certified-host',
      text: 'in the option brokers and in advertised.listeners of the broker, use a host name that the certificate covers',
    }) as const,
  nameServer: () =>
    ({
      code: 'name-server',
      text: 'or set the host name of the certificate as the option tls: { servername }',
    }) as const,
  connectWithTls: () =>
    ({
      code: 'use-tls',
      text: 'connect with TLS (the option tls: true), or to a port without TLS',
    }) as const,
  leaveOutTls: () => ({ code: 'leave-out-tls', text: 'connect without TLS, or to a port with TLS' }) as const,
  logIn: () =>
    ({
      code: 'log-in',
      text: 'log in (the option sasl), or connect to a port that requires no login',
    }) as const,
  leaveOutLogin: () =>
    ({
      code: 'leave-out-login',
      text: 'leave out the option sasl, or connect to a port that supports logins',
    }) as const,
  trustAuthority: () =>
    ({
      code: 'trust-authority',
      text: 'trust the authority that signed the certificate: pass the certificate of the authority as the option tls: { ca }',
    }) as const,
  trustCertificate: () =>
    ({
      code: 'trust-certificate',
      text: 'trust the certificate: pass it as the option tls: { ca }',
    }) as const,
  giveClientCertificate: () =>
    ({
      code: 'give-client-certificate',
      text: 'pass a client certificate as the option tls: { cert, key } or tls: { pfx }',
    }) as const,
  checkCertificates: () =>
    ({
      code: 'check-certificates',
      text: 'check the certificates and keys of the option tls of RedpandaEventBus',
    }) as const,
  checkLogin: () =>
    ({ code: 'check-login', text: 'check the user name, the password and the mechanism of the option sasl' }) as const,
  checkTokenProvider: () =>
    ({ code: 'check-token-provider', text: 'check the function given as sasl.oauthBearerProvider' }) as const,
  raiseTimeout: () =>
    ({
      code: 'raise-timeout',
      text: 'to wait longer, set a larger timeout (milliseconds) in the options of RedpandaEventBus',
    }) as const,
  raiseOutageLimit: () =>
    ({
      code: 'raise-outage-limit',
      text: 'to wait longer, set a larger outageLimit (milliseconds) in the options of the read or subscription',
    }) as const,
  /** `bytes` is a limit that may suffice; `undefined` if the size of the batch is unknown. */
  raiseMaxBatchBytes: (bytes?: number) =>
    ({
      code: 'raise-max-batch-bytes',
      text:
        bytes === undefined
          ? 'to allow larger batches, raise the option maxBatchBytes'
          : `raise the option maxBatchBytes to ${bytes}`,
      bytes,
    }) as const,
  /** For a reader without a group. `next` is the offset after the batch that cannot be read. */
  readFrom: (topic: string, partition: number, next: bigint) =>
    ({
      code: 'read-from',
      text: `skip the batch: read ${topic}[${partition}] from offset ${next}`,
      topic,
      partition,
      next,
    }) as const,
  /** For a consumer group. `next` is the offset after the batch that cannot be read. */
  resetGroup: (group: string, topic: string, partition: number, next: bigint) =>
    ({
      code: 'reset-group',
      text: `skip the batch: reset group '${group}' to offset ${next} of ${topic}[${partition}]`,
      group,
      topic,
      partition,
      next,
    }) as const,
  /** `name` is `undefined` if the broker does not name the resource. Default operation: `All`, for an unknown request. */
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
