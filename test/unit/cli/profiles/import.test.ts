import { describe, expect, test } from 'vitest'
import type { Tool } from '../../../../src/cli/profiles/import/find-source.ts'
import { importProfiles } from '../../../../src/cli/profiles/import/import-profiles.ts'

const SECRET = 'hunter2'

const run = (tool: Tool, text: string, options: object = {}) => {
  const source = { path: '/etc/tool/client.properties', text, folder: '/etc/tool', home: '/home/me' }
  const { profiles, notes } = importProfiles(tool, source, {
    only: [],
    name: undefined,
    withSecrets: false,
    ...options,
  })
  return {
    profiles: JSON.parse(JSON.stringify(Object.fromEntries(profiles))),
    notes: notes.map(({ message }) => message),
    settings: notes.map(({ setting }) => setting),
    variables: notes.flatMap(({ variable }) => variable ?? []),
  }
}

describe('the profiles of rpk', () => {
  const RPK = `version: 7
globals:
    prompt: ""
    no_default_cluster: false
current_profile: prod
current_cloud_auth_org_id: ""
profiles:
    - name: prod
      description: Production
      prompt: hi-white, bg-red, bold, "[%p]"
      from_cloud: false
      kafka_api:
        brokers:
            - redpanda-0.example.com:9093
            - redpanda-1.example.com:9093
        tls:
            ca_file: /etc/rpk/ca.pem
            cert_file: ~/certs/client.pem
            key_file: keys/client.key
        sasl:
            user: alice
            password: ${SECRET}
            mechanism: SCRAM-SHA-512
      admin_api:
        addresses:
            - redpanda-0.example.com:9644
        tls: {}
      schema_registry: {}
    - name: local
      kafka_api:
        brokers: [127.0.0.1:9092]
cloud_auth:
    - name: default
      client_secret: ${SECRET}
`

  test('become profiles whose password is in a variable, and every other setting is reported', () => {
    const { profiles, notes } = run('rpk', RPK)

    expect(profiles).toEqual({
      prod: {
        brokers: 'redpanda-0.example.com:9093,redpanda-1.example.com:9093',
        tls: { ca: '/etc/rpk/ca.pem', cert: '/home/me/certs/client.pem', key: '/etc/tool/keys/client.key' },
        sasl: { mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'env:PROD_PASSWORD' },
      },
      local: { brokers: '127.0.0.1:9092' },
    })
    expect(notes).toEqual([
      'left out globals: it concerns only the other tool',
      'left out current_profile: choose the current profile with: crbus profile use NAME',
      'left out current_cloud_auth_org_id: crbus does not log in to Redpanda Cloud',
      'left out cloud_auth: crbus does not log in to Redpanda Cloud',
      'profile prod: left out description: it concerns only the other tool',
      'profile prod: left out prompt: it concerns only the other tool',
      'profile prod: left out from_cloud: crbus does not use Redpanda Cloud',
      'profile prod: left out admin_api: crbus does not use the admin API',
      'profile prod: left out schema_registry: crbus does not use a schema registry',
      'profile prod: set the environment variable PROD_PASSWORD, which sasl.password reads; the secret was not copied',
    ])
  })

  test('can be chosen and renamed, and have their passwords on request', () => {
    const { profiles } = run('rpk', RPK, { only: ['prod'], name: 'live', withSecrets: true })
    expect(profiles).toMatchObject({ live: { sasl: { password: SECRET } } })
    expect(() => run('rpk', RPK, { name: 'live' })).toThrow(/--name names one profile, but .* has 2 profiles/)
    expect(() => run('rpk', RPK, { only: ['nope'] })).toThrow(/has no profile 'nope'/)
  })

  test('have TLS with an empty object, and the keys of older releases', () => {
    const kafka = (text: string) =>
      run('rpk', `profiles: [{ name: a, kafka_api: { brokers: [a:1], ${text} } }]`).profiles.a
    expect(kafka('tls: {}').tls).toBe(true)
    expect(kafka('tls: { insecure_skip_verify: true, truststore_file: ca.pem }').tls).toEqual({
      ca: '/etc/tool/ca.pem',
      insecure: true,
    })
    expect(kafka('tls: null').tls).toBeUndefined()
    expect(kafka('sasl: { type: PLAIN, user: 0123, password: 0x10 }').sasl.username).toBe('0123')
  })

  test('have the defaults of rpk: SCRAM-SHA-256, port 9092 and the broker of this machine', () => {
    const { profiles } = run(
      'rpk',
      `version: 6
profiles:
  - { name: default, description: Default rpk profile, prompt: "", from_cloud: false, kafka_api: {}, admin_api: {} }
  - name: short
    kafka_api: { brokers: [redpanda-0, "[::1]", "kafka://redpanda-1:9093"], sasl: { user: alice, password: ${SECRET} } }
`,
    )
    expect(profiles).toEqual({
      default: { brokers: '127.0.0.1:9092' },
      short: {
        brokers: 'redpanda-0:9092,[::1]:9092,redpanda-1:9093',
        sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'env:SHORT_PASSWORD' },
      },
    })
    const none = 'version: 6\nglobals: { no_default_cluster: true }\nprofiles: [{ name: a, kafka_api: {} }]'
    expect(run('rpk', none)).toMatchObject({
      profiles: {},
      notes: expect.arrayContaining(['profile a is not imported: it has no valid brokers']),
    })
  })

  test('read their password from a variable also if the file has none', () => {
    const text =
      'profiles: [{ name: a, kafka_api: { brokers: [a:1], sasl: { user: alice, mechanism: SCRAM-SHA-512 } } }]'
    const { profiles, notes } = run('rpk', text)
    expect(profiles.a.sasl).toEqual({ mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'env:A_PASSWORD' })
    expect(notes).toEqual([
      'profile a: set the environment variable A_PASSWORD, which sasl.password reads; the file has no password',
    ])
  })

  test('have the token that newer releases keep as a password', () => {
    const { profiles, variables } = run(
      'rpk',
      `profiles: [{ name: a, kafka_api: { brokers: [a:1], tls: {}, sasl: { mechanism: OAUTHBEARER, password: "token:${SECRET}" } } }]`,
    )
    expect(profiles.a.sasl).toEqual({ mechanism: 'OAUTHBEARER', token: 'env:A_TOKEN' })
    expect(variables).toEqual(['A_TOKEN'])
    const copied = run(
      'rpk',
      `profiles: [{ name: a, kafka_api: { brokers: [a:1], sasl: { mechanism: oauthbearer, password: "token:cmd:x" } } }]`,
      { withSecrets: true },
    )
    expect(copied.profiles.a.sasl).toEqual({ mechanism: 'OAUTHBEARER', token: 'plain:cmd:x' })
  })

  test('of Redpanda Cloud keep brokers and TLS, and report the login that only rpk has', () => {
    const { profiles, notes } = run(
      'rpk',
      `version: 5
current_profile: rpk-cloud
current_cloud_auth_org_id: org
current_cloud_auth_kind: sso
profiles:
    - name: rpk-cloud
      description: 'eu "ns/cluster"'
      prompt: ""
      from_cloud: true
      cloud_cluster:
          namespace: ns
          cluster_id: abc
          cluster_name: cluster
          auth_org_id: org
          auth_kind: sso
          cluster_type: dedicated
      kafka_api:
          brokers: [seed-1.abc.fmc.prd.cloud.redpanda.com:9092]
          tls: {}
          sasl: { mechanism: CLOUD-OIDC }
      admin_api: { addresses: [api-1.abc.fmc.prd.cloud.redpanda.com], tls: {} }
      schema_registry: {}
      license_check: { last_update: 0 }
cloud_auth:
    - { name: org-sso, organization: Org, org_id: org, kind: sso, auth_token: ${SECRET}, refresh_token: ${SECRET} }
`,
    )
    expect(profiles).toEqual({ 'rpk-cloud': { brokers: 'seed-1.abc.fmc.prd.cloud.redpanda.com:9092', tls: true } })
    expect(notes).toContain(
      'profile rpk-cloud: left out kafka_api.sasl.mechanism: only rpk can log in with the token of "rpk cloud login"; create a user of the cluster and set "sasl" of the profile',
    )
    expect(notes.join('\n')).not.toMatch(/does not have this setting|left out login/)
  })

  describe('in the file of a broker', () => {
    const broker = (text: string) => run('rpk', text)

    test('are read from the section rpk, also with the keys of releases before 21.8', () => {
      const { profiles, notes } = broker(`redpanda:
  data_directory: /var/lib/redpanda/data
  kafka_api: [{ address: 0.0.0.0, port: 9092 }]
rpk:
  tune_network: true
  kafka_api:
    brokers: [redpanda-0:9093]
    tls: { truststore_file: /etc/redpanda/ca.pem }
    sasl: { user: alice, password: ${SECRET}, type: SCRAM-SHA-256 }
`)
      expect(profiles).toEqual({
        redpanda: {
          brokers: 'redpanda-0:9093',
          tls: { ca: '/etc/redpanda/ca.pem' },
          sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'env:REDPANDA_PASSWORD' },
        },
      })
      expect(notes[0]).toBe('left out the settings of the broker: it concerns only the broker')
      const older = broker(`rpk: { tls: { cert_file: a.pem, key_file: a.key }, sasl: { user: bob, password: x } }`)
      expect(older.profiles.redpanda).toEqual({
        brokers: '127.0.0.1:9092',
        tls: { cert: '/etc/tool/a.pem', key: '/etc/tool/a.key' },
        sasl: { mechanism: 'SCRAM-SHA-256', username: 'bob', password: 'env:REDPANDA_PASSWORD' },
      })
    })

    test.each([
      ['one listener', 'kafka_api: { address: 0.0.0.0, port: 29092 }', '127.0.0.1:29092'],
      [
        'a list of listeners',
        'kafka_api: [{ address: 10.0.0.1, port: 9092 }, { address: "::", port: 19092 }]',
        '10.0.0.1:9092,127.0.0.1:19092',
      ],
      [
        'a listener without TLS beside one with TLS',
        'kafka_api: [{ name: out, address: 10.0.0.1, port: 9093 }, { name: in, address: 10.0.0.1, port: 9092 }], kafka_api_tls: [{ name: out, enabled: true }]',
        '10.0.0.1:9092',
      ],
      ['no listener', 'data_directory: /x', '127.0.0.1:9092'],
    ])('have the brokers of its listeners: %s', (_, redpanda, brokers) => {
      expect(broker(`redpanda: { ${redpanda} }\nrpk: { overprovisioned: true }`).profiles.redpanda.brokers).toBe(
        brokers,
      )
    })
  })
})

test('the clusters of kaf become profiles, without sections that their protocol does not use', () => {
  const { profiles, notes } = run(
    'kaf',
    `current-cluster: local
clusters:
- name: local
  version: ""
  brokers:
  - localhost:9092
  SASL: null
  TLS: null
  security-protocol: ""
  schema-registry-url: ""
  schema-registry-credentials: null
- name: confluent cloud
  version: "2.8.0"
  brokers: [pkc-1.confluent.cloud:9092]
  SASL:
    mechanism: PLAIN
    username: KEY
    password: ${SECRET}
    clientID: ""
    clientSecret: ""
    tokenURL: ""
    scopes: []
    token: ""
    version: 0
  TLS: null
  security-protocol: SASL_SSL
- name: oauth
  brokers: [a:1]
  security-protocol: SASL_SSL
  SASL: { mechanism: OAUTHBEARER, clientID: me, clientSecret: ${SECRET}, tokenURL: 'https://a/token', scopes: [x, y] }
- name: open
  brokers: [a:1]
  security-protocol: PLAINTEXT
  SASL: { mechanism: PLAIN, username: u, password: ${SECRET} }
- name: chosen
  brokers: [a:1]
  security-protocol: SASL_PLAINTEXT
  SASL: { username: u, password: ${SECRET} }
- name: encrypted
  brokers: [a:1]
  TLS: { cafile: ca.pem, clientfile: "", clientkeyfile: "", insecure: false }
  security-protocol: SASL_PLAINTEXT
  SASL: { mechanism: SCRAM-SHA-512, username: u, password: ${SECRET} }
- name: amazon
  brokers: [a:1]
  TLS: { insecure: true }
  security-protocol: SASL_SSL
  SASL: { mechanism: AWS_MSK_IAM }
`,
  )

  expect(profiles).toEqual({
    local: { brokers: 'localhost:9092' },
    'confluent-cloud': {
      brokers: 'pkc-1.confluent.cloud:9092',
      tls: true,
      sasl: { mechanism: 'PLAIN', username: 'KEY', password: 'env:CONFLUENT_CLOUD_PASSWORD' },
    },
    oauth: {
      brokers: 'a:1',
      tls: true,
      sasl: {
        mechanism: 'OAUTHBEARER',
        tokenUrl: 'https://a/token',
        clientId: 'me',
        clientSecret: 'env:OAUTH_CLIENT_SECRET',
        scope: 'x y',
      },
    },
    open: { brokers: 'a:1' },
    chosen: {
      brokers: 'a:1',
      tls: false,
      sasl: { mechanism: 'PLAIN', username: 'u', password: 'env:CHOSEN_PASSWORD' },
    },
    encrypted: {
      brokers: 'a:1',
      tls: { ca: '/etc/tool/ca.pem' },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'env:ENCRYPTED_PASSWORD' },
    },
    amazon: { brokers: 'a:1', tls: { insecure: true }, sasl: { mechanism: 'AWS_MSK_IAM' } },
  })
  expect(notes.filter((note) => note.includes('confluent-cloud'))).toEqual([
    'profile confluent-cloud: left out SASL.version: crbus asks the brokers for their versions',
    'profile confluent-cloud: left out version: crbus asks the brokers for their versions',
    expect.stringContaining('set the environment variable CONFLUENT_CLOUD_PASSWORD'),
  ])
})

test('the contexts of kafkactl become profiles, with the names that Kafka has for their mechanisms', () => {
  const { profiles, settings } = run(
    'kafkactl',
    `contexts:
  default: {}
  remote: &remote
    brokers:
      - remote-1:9093
      - remote-2:9093
    tls:
      enabled: true
      ca: my-ca
      cert: my-cert
      certKey: my-key
      insecure: false
    sasl:
      enabled: true
      username: admin
      password: ${SECRET}
      mechanism: scram-sha512
    clientID: my-client
    kafkaVersion: 1.1.1
    requestTimeout: 10s
    kubernetes: { enabled: false }
    schemaRegistry: { url: 'localhost:8081', password: ${SECRET} }
  second:
    <<: *remote
    tls: { enabled: false, ca: my-ca }
  lower:
    brokers: lower:9093
    clientid: mine
    tls: { enabled: true, cert: my-cert, certkey: my-key, certkeypassphrase: ${SECRET} }
    sasl: { enabled: true, username: admin, version: v1 }
  azure:
    brokers: azure:9093
    tls: { enabled: true }
    sasl:
      enabled: true
      mechanism: oauth
      tokenprovider: { plugin: azure }
current-context: remote
`,
  )

  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'admin' }
  expect(profiles).toEqual({
    default: { brokers: 'localhost:9092' },
    remote: {
      brokers: 'remote-1:9093,remote-2:9093',
      tls: { ca: '/etc/tool/my-ca', cert: '/etc/tool/my-cert', key: '/etc/tool/my-key' },
      sasl: { ...sasl, password: 'env:REMOTE_PASSWORD' },
    },
    second: { brokers: 'remote-1:9093,remote-2:9093', sasl: { ...sasl, password: 'env:SECOND_PASSWORD' } },
    lower: {
      brokers: 'lower:9093',
      tls: { cert: '/etc/tool/my-cert', key: '/etc/tool/my-key', keyPassphrase: 'env:LOWER_KEY_PASSPHRASE' },
      sasl: { mechanism: 'PLAIN', username: 'admin', password: 'env:LOWER_PASSWORD' },
    },
    azure: { brokers: 'azure:9093', tls: true, sasl: { mechanism: 'OAUTHBEARER' } },
  })
  expect(settings).toEqual(
    expect.arrayContaining(['requestTimeout', 'kubernetes', 'schemaRegistry', 'sasl.tokenprovider']),
  )
})

describe('a file of properties', () => {
  test('of librdkafka becomes a profile with the name of the file', () => {
    const { profiles, notes } = run(
      'librdkafka',
      `# Confluent Cloud
bootstrap.servers=SASL_SSL://pkc-1:9092, pkc-2:9092
security.protocol = SASL_SSL
sasl.mechanisms=PLAIN
sasl.username=KEY
sasl.password=\${env:API_SECRET}
ssl.ca.location=/etc/ssl/ca.pem
session.timeout.ms=45000
broken line ${SECRET}
`,
    )
    expect(profiles).toEqual({
      client: {
        brokers: 'SASL_SSL://pkc-1:9092,pkc-2:9092',
        tls: { ca: '/etc/ssl/ca.pem' },
        sasl: { mechanism: 'PLAIN', username: 'KEY', password: 'env:API_SECRET' },
      },
    })
    expect(notes).toEqual([
      'profile client: left out line 9 of /etc/tool/client.properties: it is not name=value',
      'profile client: left out session.timeout.ms: crbus does not have this setting',
      'profile client: set the environment variable API_SECRET, which sasl.password reads; the file names it',
    ])
  })

  test('of a Java client becomes a profile, and its stores are read or reported', () => {
    const { profiles, notes } = run(
      'librdkafka',
      `bootstrap.servers=kafka\\:9093
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-256
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
    username="alice" \\
    password="hunter\\"2";
ssl.truststore.location=/etc/kafka/truststore.jks
ssl.truststore.password=${SECRET}
ssl.keystore.location=client.p12
ssl.keystore.password=${SECRET}
ssl.keystore.type=PKCS12
ssl.endpoint.identification.algorithm=
`,
    )
    expect(profiles).toEqual({
      client: {
        brokers: 'kafka:9093',
        tls: { pfx: '/etc/tool/client.p12', keyPassphrase: 'env:CLIENT_KEY_PASSPHRASE', anyHostName: true },
        sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'env:CLIENT_PASSWORD' },
      },
    })
    expect(notes).toEqual([
      expect.stringContaining('left out ssl.truststore.location: crbus reads PEM; convert it with: keytool'),
      expect.stringContaining('CLIENT_KEY_PASSPHRASE'),
      expect.stringContaining('CLIENT_PASSWORD'),
    ])
  })

  test('of a Java client of Amazon MSK becomes a profile that signs its logins', () => {
    const { profiles, notes } = run(
      'librdkafka',
      `bootstrap.servers=b-1.msk.example.com:9098
security.protocol=SASL_SSL
sasl.mechanism=AWS_MSK_IAM
sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required awsProfileName="staging";
sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler
`,
    )
    expect(profiles.client).toEqual({
      brokers: 'b-1.msk.example.com:9098',
      tls: true,
      sasl: { mechanism: 'AWS_MSK_IAM' },
    })
    expect(notes).toEqual([
      'profile client: left out sasl.jaas.config: choose the profile of AWS with the variable AWS_PROFILE',
    ])
  })

  test('of kcat keeps no login that crbus does not support', () => {
    const { profiles, notes } = run(
      'kcat',
      'bootstrap.servers=a:1\nsecurity.protocol=sasl_plaintext\nsasl.mechanism=GSSAPI\n',
    )
    expect(profiles).toEqual({ kcat: { brokers: 'a:1', tls: false } })
    expect(notes).toEqual(expect.arrayContaining([expect.stringContaining('left out login: it has no mechanism')]))
  })
})

describe('a hostile file', () => {
  test('cannot make a profile run a program, read a variable by its own choice of words or a file of another host', () => {
    const evil = 'cmd:touch /tmp/evil'
    const { profiles } = run(
      'librdkafka',
      `bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=${evil}\nsasl.password=${evil}\nssl.ca.location=${evil}\nssl.key.location=//evil/key\n`,
      { withSecrets: true },
    )
    expect(profiles.client).toEqual({
      brokers: 'a:1',
      tls: { ca: '/etc/tool/cmd:touch /tmp/evil' },
      sasl: { mechanism: 'PLAIN', username: `plain:${evil}`, password: `plain:${evil}` },
    })
    const rpk = run(
      'rpk',
      `profiles: [{ name: a, kafka_api: { brokers: [a:1], sasl: { mechanism: PLAIN, user: "${evil}", password: x } } }]`,
    )
    expect(rpk.profiles.a.sasl.username).toBe(`plain:${evil}`)
  })

  test('cannot make a profile read a variable that the plan does not name', () => {
    const login = `sasl: { mechanism: PLAIN, user: u, password: '\${AWS_SECRET_ACCESS_KEY}' }`
    const { profiles, notes } = run(
      'rpk',
      `profiles: [{ name: a, kafka_api: { brokers: [evil:1], tls: {}, ${login} } }]`,
    )
    expect(profiles.a.sasl.password).toBe('env:AWS_SECRET_ACCESS_KEY')
    expect(notes).toEqual([
      'profile a: set the environment variable AWS_SECRET_ACCESS_KEY, which sasl.password reads; the file names it',
    ])
  })

  test.each(['cmd:touch evil', 'env:AWS_SECRET_ACCESS_KEY', 'file:/etc/passwd', 'keyring:login/me', 'plain:x'])(
    'keeps a password that looks like a reference as a text: %s',
    (password) => {
      const files: [Tool, string][] = [
        ['rpk', `profiles: [{ name: a, kafka_api: { brokers: [a:1], sasl: { user: u, password: '${password}' } } }]`],
        ['kaf', `clusters: [{ name: a, brokers: [a:1], SASL: { username: u, password: '${password}' } }]`],
        ['kafkactl', `contexts: { a: { sasl: { enabled: true, username: u, password: '${password}' } } }`],
        ['kcat', `bootstrap.servers=a:1\nsasl.mechanism=PLAIN\nsasl.username=u\nsasl.password=${password}`],
      ]
      for (const [tool, text] of files) {
        const [profile] = Object.values<{ sasl: object }>(run(tool, text, { withSecrets: true }).profiles)
        expect(profile?.sasl, tool).toMatchObject({ username: 'u', password: `plain:${password}` })
      }
    },
  )

  test('with nested aliases is read without growing', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let at = 1; at < 30; at += 1)
      lines.push(
        `a${at}: &a${at} [${Array(10)
          .fill(`*a${at - 1}`)
          .join(', ')}]`,
      )
    lines.push('profiles: *a29', 'description: *a29')
    const { profiles, settings } = run('rpk', lines.join('\n'))
    expect(profiles).toEqual({})
    expect(settings).toContain('a29')
  })

  test.each([
    ['that is not YAML', `a: [${SECRET}`, /is not YAML: .* at line \d+$/],
    ['with a tag of a program', `!!js/function ${SECRET}`, /is not YAML: /],
    ['that repeats a key', `a: 1\na: ${SECRET}`, /is not YAML: duplicated mapping key at line 2/],
    ['that is a list', '- a', /is not an object/],
    ['that is nested too deeply', '['.repeat(100_000), /is not YAML: /],
    ['with too many profiles', `profiles:\n${'- name: a\n'.repeat(101)}`, /has 101 profiles; at most 100/],
  ])('is refused without repeating its text: %s', (_, text, message) => {
    expect(() => run('rpk', text)).toThrow(message)
    try {
      run('rpk', text)
    } catch (error) {
      expect((error as Error).message).not.toContain(SECRET)
    }
  })

  test('with values of wrong types, without names or with equal names is reported', () => {
    const { profiles, notes } = run(
      'rpk',
      `profiles:
- x
- name: [a]
  kafka_api: { brokers: { a: 1 } }
- name: "a\\e[31m b"
  kafka_api: { brokers: [a:1, [b]], tls: on, sasl: [x] }
- name: a 31m b
  kafka_api: { brokers: [a:1] }
- name: __proto__
  kafka_api: { brokers: [a:1] }
- name: c
  kafka_api: { brokers: [a b] }
`,
    )
    expect(profiles).toEqual({ 'a-31m-b': { brokers: 'a:1' } })
    expect(notes).toEqual([
      'left out profiles.0: it is not an object',
      'a profile without a name is not imported: its name cannot be the name of a profile; give one with --name',
      'profile a-31m-b: left out kafka_api.brokers: it is not a list of texts',
      'profile a-31m-b: left out kafka_api.tls: it is not an object',
      'profile a-31m-b: left out kafka_api.sasl: it is not an object',
      'profile a 31m b is not imported: it would have the same name as another one, a-31m-b',
      'profile __proto__ is not imported: its name cannot be the name of a profile; give one with --name',
      'profile c is not imported: it has no valid brokers',
    ])
  })

  test('gives profiles variables of their own', () => {
    const profile = (name: string) =>
      `{ name: ${name}, kafka_api: { brokers: [a:1], sasl: { mechanism: PLAIN, user: u, password: p } } }`
    const { variables } = run('rpk', `profiles: [${['a-b', 'a.b', '1a'].map(profile).join(', ')}]`)
    expect(variables).toEqual(['A_B_PASSWORD', 'A_B_PASSWORD_2', 'CRBUS_1A_PASSWORD'])
  })
})
