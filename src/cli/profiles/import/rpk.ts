import {
  type Foreign,
  type ForeignProfile,
  foreignFile,
  foreignMechanism,
  foreignSecret,
  type LeftOut,
  type Source,
  sourced,
} from './foreign-profile.ts'
import { CURRENT, OF_TOOL, REGISTRY } from './reasons.ts'
import type { Section } from './section.ts'
import { parseYaml } from './yaml.ts'

const CLOUD = 'crbus does not use Redpanda Cloud'
const CLOUD_LOGIN = 'crbus does not log in to Redpanda Cloud'
const OF_BROKER = 'it concerns only the broker'

/** The address that rpk uses if a profile has none. */
const DEFAULT_BROKER = '127.0.0.1:9092'
const DEFAULT_PORT = 9092

/**
 * Reads `rpk.yaml` (https://docs.redpanda.com/current/get-started/config-rpk-profile/), or the file of a broker, `redpanda.yaml`, in
 * which rpk had its settings before release 23.2. The types of both are in
 * https://github.com/redpanda-data/redpanda/tree/dev/src/go/rpk/pkg/config.
 */
export function readRpk(source: Source): Foreign {
  const leftOut: LeftOut[] = []
  const file = parseYaml(source, leftOut)
  if (file.has('rpk') || file.has('redpanda')) return readBrokerFile(file, source, leftOut)
  file.text('version')
  const globals = file.section('globals')
  const isWithoutDefault = globals?.flag('no_default_cluster') ?? false
  const profiles = file.parts('profiles').map(({ part, leftOut }) => {
    const profile = readRpkProfile(part, source, leftOut)
    const { brokers } = profile
    return { ...profile, brokers: brokers.length > 0 || isWithoutDefault ? brokers : [DEFAULT_BROKER] }
  })
  if (globals !== undefined) file.leave('globals', OF_TOOL)
  file.close({
    current_profile: CURRENT,
    cloud_auth: CLOUD_LOGIN,
    current_cloud_auth: CLOUD_LOGIN,
    current_cloud_auth_org_id: CLOUD_LOGIN,
    current_cloud_auth_kind: CLOUD_LOGIN,
  })
  return { profiles, leftOut }
}

function readRpkProfile(part: Section, source: Source, leftOut: LeftOut[]): ForeignProfile {
  const name = part.text('name') ?? ''
  const kafka = part.section('kafka_api')
  const brokers = kafka?.texts('brokers').map(withPort) ?? []
  const settings = kafka === undefined ? {} : rpkSecurity(kafka.section('tls'), kafka.section('sasl'), source)
  kafka?.close()
  part.close({
    description: OF_TOOL,
    prompt: OF_TOOL,
    admin_api: 'crbus does not use the admin API',
    schema_registry: REGISTRY,
    from_cloud: CLOUD,
    cloud_cluster: CLOUD,
    license_check: OF_TOOL,
  })
  return { name, brokers, settings, leftOut }
}

/** Reads the section `rpk` of the file of a broker. Without brokers in it, rpk connects to the listeners of the broker. */
function readBrokerFile(file: Section, source: Source, leftOut: LeftOut[]): Foreign {
  const rpk = file.section('rpk')
  const kafka = rpk?.section('kafka_api')
  const given = kafka?.texts('brokers').map(withPort) ?? []
  const brokers = given.length > 0 ? given : listenersOf(file.section('redpanda'))
  // Releases before 21.8 had TLS and login beside `kafka_api`.
  const [oldTls, oldSasl] = [rpk?.section('tls'), rpk?.section('sasl')]
  const settings = rpkSecurity(kafka?.section('tls') ?? oldTls, kafka?.section('sasl') ?? oldSasl, source)
  kafka?.close()
  // The other keys are those of the broker itself: its tuners, its REST proxy, its schema registry.
  leftOut.push({ setting: 'the settings of the broker', reason: OF_BROKER })
  return {
    profiles: [{ name: 'redpanda', brokers: brokers.length > 0 ? brokers : [DEFAULT_BROKER], settings, leftOut: [] }],
    leftOut,
  }
}

/** Returns the addresses of the listeners without TLS; those of all listeners if all have TLS. */
function listenersOf(redpanda: Section | undefined): string[] {
  if (redpanda === undefined) return []
  const secured = redpanda
    .sections('kafka_api_tls')
    .filter((listener) => listener.flag('enabled'))
    .map((listener) => listener.text('name'))
  const listeners = redpanda.sections('kafka_api').map((listener) => {
    const address = listener.text('address') ?? ''
    // A broker can listen on all its addresses, but a client cannot connect to all of them.
    const host = /^(0\.0\.0\.0|::)?$/.test(address) ? '127.0.0.1' : address
    return { name: listener.text('name'), address: `${host}:${listener.text('port') ?? DEFAULT_PORT}` }
  })
  const open = listeners.filter(({ name }) => !secured.includes(name))
  return (open.length > 0 ? open : listeners).map(({ address }) => address)
}

/** Adds the port that rpk uses by default, and removes a scheme, which rpk ignores. */
function withPort(broker: string): string {
  const address = broker.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
  return /:\d+$/.test(address) || /[^\w.:[\]-]/.test(address) ? address : `${address}:${DEFAULT_PORT}`
}

/** The mechanism for a profile of Redpanda Cloud: rpk logs in with the token of `rpk cloud login`. */
const CLOUD_MECHANISM = 'CLOUD-OIDC'

function rpkSecurity(tls: Section | undefined, sasl: Section | undefined, source: Source) {
  const file = (key: string) => tls && foreignFile(tls.text(key), source, (reason) => tls.leave(key, reason))
  // An empty object turns TLS on.
  const isOn = tls !== undefined && tls.flag('enabled') !== false
  // Older releases have other keys.
  const ca = file('ca_file') ?? file('truststore_file')
  const settings = sourced(source, {
    tls: isOn ? true : undefined,
    ca,
    cert: file('cert_file'),
    key: file('key_file'),
    insecure: tls?.flag('insecure_skip_verify'),
    ...(sasl && rpkLogin(sasl)),
  })
  tls?.close()
  sasl?.close()
  return settings
}

function rpkLogin(sasl: Section) {
  const [user, password] = [sasl.text('user'), sasl.text('password')]
  const given = sasl.text('mechanism') ?? sasl.text('type')
  if (given?.toUpperCase() === CLOUD_MECHANISM) {
    const advice = 'create a user of the cluster and set "sasl" of the profile'
    sasl.leave('mechanism', `only rpk can log in with the token of "rpk cloud login"; ${advice}`)
    return {}
  }
  // rpk's own default. A section without a user is not a login.
  const name = given ?? (user === undefined ? undefined : 'SCRAM-SHA-256')
  const mechanism = foreignMechanism(name, (reason) => sasl.leave('mechanism', reason))
  // Since release 26.1, the password of rpk is then the token, with or without a prefix.
  if (mechanism === 'OAUTHBEARER') return { mechanism, token: foreignSecret(password?.replace(/^token:/, '')) }
  return { mechanism, username: foreignSecret(user), password: foreignSecret(password) }
}
