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
import type { Section } from './section.ts'
import { parseYaml } from './yaml.ts'

const CURRENT = 'choose the current profile with: crbus profile use NAME'
const REGISTRY = 'crbus does not use a schema registry'
const VERSIONS = 'crbus asks the brokers for their versions'
const OF_TOOL = 'it concerns only the other tool'

/** Reads `rpk.yaml` (https://docs.redpanda.com/current/get-started/config-rpk-profile/). */
export function readRpk(source: Source): Foreign {
  const leftOut: LeftOut[] = []
  const file = parseYaml(source, leftOut)
  file.text('version')
  const profiles = file.parts('profiles').map(({ part, leftOut }) => {
    const name = part.text('name') ?? ''
    const kafka = part.section('kafka_api')
    const profile = {
      name,
      brokers: kafka?.texts('brokers') ?? [],
      settings: kafka === undefined ? {} : rpkSecurity(kafka, source),
      leftOut,
    }
    kafka?.close()
    part.close({
      description: OF_TOOL,
      prompt: OF_TOOL,
      admin_api: 'crbus does not use the admin API',
      schema_registry: REGISTRY,
      from_cloud: 'crbus does not use Redpanda Cloud',
      cloud_cluster: 'crbus does not use Redpanda Cloud',
    })
    return profile
  })
  file.close({
    current_profile: CURRENT,
    cloud_auth: 'crbus does not log in to Redpanda Cloud',
    current_cloud_auth: 'crbus does not log in to Redpanda Cloud',
    current_cloud_auth_org_id: 'crbus does not log in to Redpanda Cloud',
    current_cloud_auth_kind: 'crbus does not log in to Redpanda Cloud',
    globals: OF_TOOL,
  })
  return { profiles, leftOut }
}

function rpkSecurity(kafka: Section, source: Source) {
  // An empty object turns TLS on.
  const tls = kafka.section('tls')
  const sasl = kafka.section('sasl')
  const file = (key: string) => tls && foreignFile(tls.text(key), source, (reason) => tls.leave(key, reason))
  const mechanismKey = 'mechanism'
  const mechanism = sasl?.text(mechanismKey) ?? sasl?.text('type')
  const isOn = tls !== undefined && tls.flag('enabled') !== false
  const settings = sourced(source, {
    tls: isOn ? true : undefined,
    // Older releases have another key.
    ca: file('ca_file') ?? file('truststore_file'),
    cert: file('cert_file'),
    key: file('key_file'),
    insecure: tls?.flag('insecure_skip_verify'),
    mechanism: foreignMechanism(mechanism, (reason) => sasl?.leave(mechanismKey, reason)),
    username: foreignSecret(sasl?.text('user')),
    password: foreignSecret(sasl?.text('password')),
  })
  tls?.close()
  sasl?.close()
  return settings
}

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
  file.close({ 'current-cluster': CURRENT })
  return { profiles, leftOut }
}

function kafSecurity(cluster: Section, source: Source) {
  const protocol = cluster.text('security-protocol')?.toUpperCase()
  const tls = cluster.section('TLS')
  const sasl = cluster.section('SASL')
  const file = (key: string) => tls && foreignFile(tls.text(key), source, (reason) => tls.leave(key, reason))
  // kaf writes both sections also if the protocol does not use them.
  const hasTls = protocol?.endsWith('SSL') || (protocol === undefined && tls !== undefined)
  const scopes = sasl?.texts('scopes') ?? []
  const settings = sourced(source, {
    tls: hasTls ? true : undefined,
    login: protocol === undefined || protocol.startsWith('SASL_') ? undefined : false,
    ca: file('cafile'),
    cert: file('clientfile'),
    key: file('clientkeyfile'),
    insecure: tls?.flag('insecure'),
    mechanism: foreignMechanism(sasl?.text('mechanism'), (reason) => sasl?.leave('mechanism', reason)),
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
      clientid: 'crbus has a client id of its own',
      clientID: 'crbus has a client id of its own',
      kafkaVersion: VERSIONS,
      schemaRegistry: REGISTRY,
      avro: REGISTRY,
      protobuf: 'crbus does not decode Protocol Buffers',
    })
    return { name, brokers: brokers.length === 0 ? ['localhost:9092'] : brokers, settings, leftOut }
  })
  file.close({ 'current-context': CURRENT })
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
    tls: { ca: file('ca'), cert: file('cert'), key: file('certKey'), insecure: tls?.flag('insecure') },
    sasl: { username: foreignSecret(sasl?.text('username')), password: foreignSecret(sasl?.text('password')) },
  }
  const settings = sourced(source, {
    ...(isOn ? { tls: true, ...parts.tls } : {}),
    ...(hasLogin
      ? { mechanism: foreignMechanism(mechanism, (reason) => sasl?.leave('mechanism', reason)), ...parts.sasl }
      : {}),
  })
  tls?.close()
  sasl?.close({ tokenprovider: 'it is a plugin of kafkactl; set "token" or "tokenUrl" in "sasl" of the profile' })
  return settings
}
