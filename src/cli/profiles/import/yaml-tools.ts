import {
  type Foreign,
  type ForeignProfile,
  foreignFile,
  foreignMechanism,
  foreignSecret,
  foreignTokenUrl,
  type LeftOut,
  type Source,
  sourced,
} from './foreign-profile.ts'
import { CURRENT, OF_TOOL, REGISTRY, VERSIONS } from './reasons.ts'
import type { Section } from './section.ts'
import { parseYaml } from './yaml.ts'

/** Reads the file of kaf (https://github.com/birdayz/kaf/blob/master/pkg/config/config.go). */
export function readKaf(source: Source): Foreign {
  const leftOut: LeftOut[] = []
  const file = parseYaml(source, leftOut)
  const profiles = file.parts('clusters').map(({ part, leftOut }): ForeignProfile => {
    const name = part.text('name') ?? ''
    const brokers = part.texts('brokers')
    const settings = kafSecurity(part, source)
    part.close({
      version: VERSIONS,
      'schema-registry-url': REGISTRY,
      'schema-registry-credentials': REGISTRY,
    })
    return { name, brokers, settings, leftOut }
  })
  file.close({ 'current-cluster': CURRENT, clusteroverride: OF_TOOL })
  return { profiles, leftOut }
}

function kafSecurity(cluster: Section, source: Source) {
  const protocol = cluster.text('security-protocol')?.toUpperCase()
  const tls = cluster.section('TLS')
  const sasl = cluster.section('SASL')
  const file = (key: string) => tls && foreignFile(tls.text(key), source, (reason) => tls.leave(key, reason))
  // kaf uses the section TLS with every protocol.
  const hasTls = protocol?.endsWith('SSL') || tls !== undefined
  // This protocol is a choice to log in without TLS.
  const isOpen = protocol === 'SASL_PLAINTEXT' && !hasTls
  const scopes = sasl?.texts('scopes') ?? []
  // The default of kaf.
  const mechanism = sasl && (sasl.text('mechanism') ?? 'PLAIN')
  const settings = sourced(source, {
    tls: hasTls ? true : isOpen ? false : undefined,
    // kaf may write the section SASL also if the protocol does not use it.
    login: protocol === undefined || protocol.startsWith('SASL_') ? undefined : false,
    ca: file('cafile'),
    cert: file('clientfile'),
    key: file('clientkeyfile'),
    insecure: tls?.flag('insecure'),
    mechanism: foreignMechanism(mechanism, (reason) => sasl?.leave('mechanism', reason)),
    username: foreignSecret(sasl?.text('username')),
    password: foreignSecret(sasl?.text('password')),
    token: foreignSecret(sasl?.text('token')),
    tokenUrl: foreignTokenUrl(sasl?.text('tokenURL'), (reason) => sasl?.leave('tokenURL', reason)),
    clientId: sasl?.text('clientID'),
    clientSecret: foreignSecret(sasl?.text('clientSecret')),
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
  })
  tls?.close()
  sasl?.close({ version: VERSIONS })
  return settings
}

/** The mechanisms by the names of kafkactl. */
const KAFKACTL_MECHANISMS: Readonly<Record<string, string>> = {
  plaintext: 'PLAIN',
  'scram-sha256': 'SCRAM-SHA-256',
  'scram-sha512': 'SCRAM-SHA-512',
  oauth: 'OAUTHBEARER',
}

/** Reads the file of kafkactl (https://github.com/deviceinsight/kafkactl#configuration). */
export function readKafkactl(source: Source): Foreign {
  const leftOut: LeftOut[] = []
  const file = parseYaml(source, leftOut)
  const profiles = file.parts('contexts').map(({ name = '', part, leftOut }): ForeignProfile => {
    const brokers = part.texts('brokers')
    const settings = kafkactlSecurity(part, source)
    part.close({
      kubernetes: 'crbus connects to the brokers directly, not in a pod of Kubernetes',
      clientID: 'crbus has a client id of its own',
      kafkaVersion: VERSIONS,
      schemaRegistry: REGISTRY,
      avro: REGISTRY,
      protobuf: 'crbus does not decode Protocol Buffers',
    })
    return { name, brokers: brokers.length === 0 ? ['localhost:9092'] : brokers, settings, leftOut }
  })
  file.close({ 'current-context': CURRENT, keyring: OF_TOOL })
  return { profiles, leftOut }
}

function kafkactlSecurity(context: Section, source: Source) {
  const tls = context.section('tls')
  const sasl = context.section('sasl')
  const file = (key: string) => tls && foreignFile(tls.text(key), source, (reason) => tls.leave(key, reason))
  const isOn = tls?.flag('enabled') === true
  const hasLogin = sasl?.flag('enabled') === true
  const given = sasl?.text('mechanism') ?? 'plaintext'
  const mechanism = KAFKACTL_MECHANISMS[given.toLowerCase()] ?? given
  const parts = {
    tls: {
      ca: file('ca'),
      cert: file('cert'),
      key: file('certKey'),
      passphrase: foreignSecret(tls?.text('certKeyPassphrase')),
      insecure: tls?.flag('insecure'),
    },
    sasl: { username: foreignSecret(sasl?.text('username')), password: foreignSecret(sasl?.text('password')) },
  }
  const settings = sourced(source, {
    ...(isOn ? { tls: true, ...parts.tls } : {}),
    ...(hasLogin
      ? { mechanism: foreignMechanism(mechanism, (reason) => sasl?.leave('mechanism', reason)), ...parts.sasl }
      : {}),
  })
  tls?.close()
  sasl?.close({
    version: VERSIONS,
    tokenProvider: 'it is a plugin of kafkactl; set "token" or "tokenUrl" in "sasl" of the profile',
  })
  return settings
}
