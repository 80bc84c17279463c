import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort, signalProcess, WATCHED, watchedPid } from './watched-process.ts'

const DEFAULT_KAFKA = '4.1.0'
/**
 * The broker of the tests: a release of Apache Kafka, or `kfake`, another implementation. `kfake-2.4` announces no newer
 * request versions than Kafka 2.4.
 */
const TESTED = process.env.CRBUS_TEST_KAFKA || DEFAULT_KAFKA
const [, KFAKE_AS] = /^kfake(?:-(.+))?$/.exec(TESTED) ?? []
/** Whether the broker of the tests is franz-go's kfake: see `kfake/main.go`. */
export const isKfake = TESTED.startsWith('kfake')
/** The release of the jars, which provide the broker and its tools. */
const KAFKA = isKfake ? DEFAULT_KAFKA : TESTED
const [MAJOR = 0, MINOR = 0] = KAFKA.split('.').map(Number)
/** Whether the broker of the tests is this release of Apache Kafka or a later one. */
export const isKafkaSince = (major: number, minor: number): boolean =>
  !isKfake && (MAJOR > major || (MAJOR === major && MINOR >= minor))
const READY_WITHIN = 60_000
/** Turns off Java's second compiler: it takes a third of the start-up time and only pays off after minutes. */
const SHORT_LIVED = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const run = promisify(execFile)

/** A real broker, one node, listening on this machine only. See {@link TestKafkaCluster} for several. */
export interface TestKafka {
  /** `127.0.0.1:port`; the same after a restart. */
  readonly brokers: string
  /** False for a broker from `CRBUS_TEST_BROKERS`, which cannot be stopped or restarted. */
  readonly isOwn: boolean
  /** PEM of the broker's certificate, if it was started with a login. */
  readonly certificate: string | undefined
  start(): Promise<void>
  /** Shuts the broker down cleanly. Its data stays for `start`. */
  stop(): Promise<void>
  /** Kills the broker, like a crash. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Stops the broker and removes its data. */
  dispose(): Promise<void>
}

/** A listener beside the plain one, with its own settings. */
export interface Listener {
  readonly port: number
  readonly protocol: 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  /** Lines of server.properties, without the prefix `listener.name.…`. */
  readonly properties: Readonly<Record<string, string>>
  /** `host:port` that the broker tells its clients to use. Default: the address of the listener. */
  readonly advertised?: string
}

interface Login {
  readonly username: string
  readonly password: string
}

export interface KafkaOptions {
  /** Lines to add to server.properties. */
  readonly properties?: Readonly<Record<string, string>>
  /** Requires TLS and a PLAIN or SCRAM login of this user. */
  readonly login?: Login
  /** Further listeners, by name. */
  readonly listeners?: Readonly<Record<string, Listener>>
  /** Passwords of SCRAM users, by name. */
  readonly users?: Readonly<Record<string, string>>
}

/** Returns why the tests have no broker; `undefined` if they have one. */
export async function kafkaUnavailable(): Promise<string | undefined> {
  if (process.env.CRBUS_TEST_BROKERS) return undefined
  const missing: string[] = []
  const needed = [
    ['java', '-version'],
    ...(isComplete(libsFolder()) ? [] : [['mvn', '-version'] as const]),
    ...(isKfake ? [['go', 'version'] as const] : []),
  ] as const
  await Promise.all(needed.map(([tool, flag]) => run(tool, [flag]).catch(() => missing.push(tool))))
  if (missing.length === 0) return undefined
  return `a test broker needs Java 17 and Maven${isKfake ? ', and kfake Go' : ''} (missing: ${missing.join(', ')}), or CRBUS_TEST_BROKERS naming a running one`
}

/** Whether a test run without a broker must fail instead of skipping tests: on CI, or if a broker was asked for. */
export const brokerRequired = (): boolean => Boolean(process.env.CI || process.env.CRBUS_REQUIRE_BROKER)

export async function startKafka(options: KafkaOptions = {}): Promise<TestKafka> {
  const given = process.env.CRBUS_TEST_BROKERS
  if (given) return foreignKafka(given)
  const { folder, place } = await newPlace(1)
  const { login } = options
  if (isKfake && !login) {
    const words = ['-ports', `${place.port}`, '-data', join(folder, 'data')]
    const command = [await buildKfake(), ...words, ...(KFAKE_AS ? ['-as', KFAKE_AS] : [])]
    const kfake = new OwnKafka(folder, place.port, command, undefined)
    await kfake.start()
    return kfake
  }
  const secured = login ? await secure(folder, place, login) : undefined
  const listening = options.listeners ? withListeners(place, options.listeners) : {}
  const properties = { ...secured?.properties, ...listening, ...options.properties }
  const id = newClusterId()
  const kafka = await prepareNode({
    folder,
    place,
    id,
    quorum: [place],
    properties,
    users: login ? { [login.username]: login.password } : options.users,
    certificate: secured?.certificate,
  })
  await kafka.start()
  return kafka
}

/** A cluster of several nodes, each in its own process. Each node can be stopped or killed. */
export interface TestKafkaCluster {
  readonly brokers: string
  /** The nodes, by broker id. */
  readonly nodes: ReadonlyMap<number, TestKafka>
  dispose(): Promise<void>
}

/** Resolves when all nodes answer. They may not have formed a cluster by then. */
export async function startKafkaCluster(
  size: number,
  properties: KafkaOptions['properties'] = {},
): Promise<TestKafkaCluster> {
  const places: (NodePlace & { readonly folder: string })[] = []
  for (let node = 1; node <= size; node += 1) {
    const { folder, place } = await newPlace(node)
    places.push({ ...place, folder })
  }
  const id = newClusterId()
  const prepared = places.map(async ({ folder, ...place }) => {
    const node = await prepareNode({ folder, place, id, quorum: places, properties })
    return [place.node, node] as const
  })
  const nodes = new Map(await Promise.all(prepared))
  const all = [...nodes.values()]
  const cluster: TestKafkaCluster = {
    brokers: all.map(({ brokers }) => brokers).join(','),
    nodes,
    dispose: async () => void (await Promise.all(all.map((node) => node.dispose()))),
  }
  try {
    await Promise.all(all.map((node) => node.start()))
  } catch (error) {
    await cluster.dispose()
    throw error
  }
  return cluster
}

interface NodePlace {
  readonly node: number
  readonly port: number
  readonly controllerPort: number
}

async function newPlace(node: number): Promise<{ readonly folder: string; readonly place: NodePlace }> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-kafka-'))
  return { folder, place: { node, port: await freePort(), controllerPort: await freePort() } }
}

interface Node {
  readonly folder: string
  readonly place: NodePlace
  /** The id of the cluster. */
  readonly id: string
  readonly quorum: readonly NodePlace[]
  readonly properties: Readonly<Record<string, string>>
  /** Passwords of SCRAM users, by name. */
  readonly users?: Readonly<Record<string, string>> | undefined
  readonly certificate?: string | undefined
}

/** Writes the configuration of a node and formats its storage. */
async function prepareNode({
  folder,
  place,
  id,
  quorum,
  properties,
  users = {},
  certificate,
}: Node): Promise<OwnKafka> {
  const file = join(folder, 'server.properties')
  writeFileSync(file, serverProperties(folder, place, quorum, properties))
  await runStorageTool('format', '-t', id, '-c', file, ...scramUsers(users))
  const java = ['java', '-Xmx512m', ...SHORT_LIVED, '-cp', join(await fetchLibs(), '*')]
  const command = [...java, 'kafka.Kafka', file]
  return new OwnKafka(folder, place.port, command, certificate)
}

/** Makes a UUID in Kafka's format that does not start with a hyphen, which Kafka's tools would read as an option. */
const newClusterId = (): string => `c${randomBytes(16).toString('base64url').slice(1)}`

const runStorageTool = (...args: string[]): Promise<string> => kafkaTool('kafka.tools.StorageTool', args)

const scramUsers = (users: NonNullable<KafkaOptions['users']>) =>
  Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  )

function withListeners({ port, controllerPort }: NodePlace, listeners: NonNullable<KafkaOptions['listeners']>) {
  const all = Object.entries(listeners)
  const addresses = all.map(([name, own]) => `${name}://127.0.0.1:${own.port}`)
  const advertised = all.map(([name, own]) => `${name}://${own.advertised ?? `127.0.0.1:${own.port}`}`)
  const protocols = [
    'CONTROLLER:PLAINTEXT',
    'PLAINTEXT:PLAINTEXT',
    ...all.map(([name, own]) => `${name}:${own.protocol}`),
  ]
  const own = all.flatMap(([name, { properties }]) =>
    Object.entries(properties).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value]),
  )
  return {
    listeners: [`PLAINTEXT://127.0.0.1:${port}`, ...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': [`PLAINTEXT://127.0.0.1:${port}`, ...advertised].join(','),
    'listener.security.protocol.map': protocols.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    ...Object.fromEntries(own),
  }
}

/** Configures a listener with TLS and logins, and makes its certificate. */
async function secure(folder: string, { port, controllerPort }: NodePlace, { username, password }: Login) {
  const store = join(folder, 'server.p12')
  const opened = ['-keystore', store, '-storepass', 'changeit', '-alias', 'broker']
  const host = ['-dname', 'CN=127.0.0.1', '-ext', 'SAN=ip:127.0.0.1', '-validity', '2']
  await run('keytool', [
    '-genkeypair',
    '-keyalg',
    'RSA',
    '-keysize',
    '2048',
    '-storetype',
    'PKCS12',
    ...opened,
    ...host,
  ])
  const { stdout: certificate } = await run('keytool', ['-exportcert', '-rfc', ...opened])
  const jaas = (module: string, more = '') =>
    `org.apache.kafka.common.security.${module} required username="${username}" password="${password}"${more};`
  const listener = 'listener.name.sasl_ssl'
  const properties = {
    listeners: `SASL_SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `SASL_SSL://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'security.inter.broker.protocol': 'SASL_SSL',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'ssl.keystore.location': store,
    'ssl.keystore.password': 'changeit',
    'ssl.truststore.location': store,
    'ssl.truststore.password': 'changeit',
    [`${listener}.plain.sasl.jaas.config`]: jaas('plain.PlainLoginModule', ` user_${username}="${password}"`),
    [`${listener}.scram-sha-256.sasl.jaas.config`]: jaas('scram.ScramLoginModule'),
    [`${listener}.scram-sha-512.sasl.jaas.config`]: jaas('scram.ScramLoginModule'),
  }
  return { properties, certificate }
}

class OwnKafka implements TestKafka {
  readonly brokers: string
  readonly certificate: string | undefined
  readonly isOwn = true
  readonly #folder: string
  readonly #port: number
  readonly #command: readonly string[]
  #child: ChildProcess | undefined
  /** Kills Java when this process exits. Otherwise it would outlive a killed test run. */
  readonly #onExit = () => void this.#child?.kill('SIGKILL')

  constructor(folder: string, port: number, command: readonly string[], certificate: string | undefined) {
    this.certificate = certificate
    this.brokers = `127.0.0.1:${port}`
    this.#folder = folder
    this.#port = port
    this.#command = command
  }

  async start(): Promise<void> {
    if (this.#child) return
    const log = openSync(join(this.#folder, 'broker.log'), 'a')
    // A shell watches a pipe of this process. When this process ends, even by SIGKILL, the shell ends the broker.
    const child = spawn('sh', ['-c', WATCHED, 'sh', ...this.#command], {
      stdio: ['pipe', log, log],
      cwd: this.#folder,
      detached: true,
    })
    this.#child = child
    process.once('exit', this.#onExit)
    await this.#ready(child)
  }

  stop = () => this.#end('SIGTERM')
  kill = () => this.#end('SIGKILL')

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child) return
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const pid = watchedPid(this.#folder)
    if (child.exitCode === null && child.signalCode === null) {
      if (pid !== undefined) signalProcess(pid, signal)
      const patience = setTimeout(() => pid !== undefined && signalProcess(pid, 'SIGKILL'), 15_000)
      await exited
      clearTimeout(patience)
    }
    process.removeListener('exit', this.#onExit)
    this.#child = undefined
  }

  async #ready(child: ChildProcess): Promise<void> {
    const until = Date.now() + READY_WITHIN
    while (Date.now() < until) {
      if (child.exitCode !== null) throw new Error(`the test broker ended:\n${this.#tail()}`)
      if (await answers(this.#port)) return
      await sleep(100)
    }
    await this.kill()
    throw new Error(`the test broker was not ready after ${READY_WITHIN} ms:\n${this.#tail()}`)
  }

  #tail(): string {
    return readFileSync(join(this.#folder, 'broker.log'), 'utf8').slice(-4000)
  }
}

function foreignKafka(brokers: string): TestKafka {
  const refuse = async () => {
    throw new Error('CRBUS_TEST_BROKERS is not ours to stop')
  }
  return {
    brokers,
    isOwn: false,
    certificate: undefined,
    start: async () => undefined,
    stop: refuse,
    kill: refuse,
    restart: refuse,
    dispose: async () => undefined,
  }
}

function serverProperties(
  folder: string,
  { node, port, controllerPort }: NodePlace,
  quorum: readonly NodePlace[],
  more: Readonly<Record<string, string>>,
): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': `${node}`,
    'controller.quorum.voters': quorum.map((one) => `${one.node}@127.0.0.1:${one.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '2',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'log.retention.check.interval.ms': '1000',
    'log.cleaner.backoff.ms': '500',
    ...more,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** An ApiVersions request (version 0, correlation id 1, client id "up"), the first request that a starting broker answers. */
const HELLO = Buffer.from([0, 0, 0, 12, 0, 18, 0, 0, 0, 0, 0, 1, 0, 2, 0x75, 0x70])

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(HELLO))
    const answer = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(1000)
    socket
      .once('data', answer(true))
      .once('error', answer(false))
      .once('close', answer(false))
      .once('timeout', answer(false))
  })
}

const cacheFolder = (): string =>
  process.env.XDG_CACHE_HOME || new URL('../../node_modules/.cache', import.meta.url).pathname

/** Builds kfake, quickly after the first time. Its modules come from the Go module proxy. */
async function buildKfake(): Promise<string> {
  const program = join(cacheFolder(), 'crbus-kfake', 'kfake')
  // Build beside the final path: another run may be executing the existing file.
  const staged = `${program}.${process.pid}`
  await run('go', ['build', '-o', staged, '.'], { cwd: new URL('kfake', import.meta.url).pathname })
  renameSync(staged, program)
  return program
}

// The jars: 54 MB, downloaded once for each machine and release.

const libsFolder = (): string => join(cacheFolder(), `crbus-kafka-${KAFKA}`)

/** Written last, so a folder with this file is complete. */
const isComplete = (folder: string): boolean => existsSync(join(folder, 'complete'))

/** The package of the tools before Kafka 3.8. */
const classesBefore38: Readonly<Record<string, string>> = {
  'org.apache.kafka.tools.consumer.ConsoleConsumer': 'kafka.tools.ConsoleConsumer',
  'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand': 'kafka.admin.ConsumerGroupCommand',
}

/** Returns the command line of one of Kafka's tools, given its class since Kafka 3.8. */
export async function kafkaToolCommand(name: string, args: readonly string[]): Promise<readonly [string, ...string[]]> {
  const libs = await fetchLibs()
  const own = (MAJOR === 3 && MINOR < 8 && classesBefore38[name]) || name
  return ['java', '-Xmx256m', ...SHORT_LIVED, '-cp', join(libs, '*'), own, ...args]
}

/** Runs one of Kafka's tools and returns its output. */
export async function kafkaTool(name: string, args: readonly string[]): Promise<string> {
  const [java, ...words] = await kafkaToolCommand(name, args)
  return (await run(java, words)).stdout
}

/** Starts one of Kafka's tools that runs until it is stopped. */
export async function startKafkaTool(name: string, args: readonly string[]): Promise<ChildProcess> {
  const [java, ...words] = await kafkaToolCommand(name, args)
  return spawn(java, words, { stdio: 'ignore' })
}

/** Returns the folder of the jars, and fetches them if it does not exist. */
export async function fetchLibs(): Promise<string> {
  const folder = libsFolder()
  if (isComplete(folder)) return folder
  const work = mkdtempSync(join(tmpdir(), 'crbus-kafka-jars-'))
  try {
    writeFileSync(join(work, 'pom.xml'), POM)
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs'], {
      cwd: work,
      maxBuffer: 16 * 2 ** 20,
    })
    writeFileSync(join(work, 'libs', 'complete'), '')
    mkdirSync(join(folder, '..'), { recursive: true })
    // Copy beside the final path first: the cache may be another file system, and only a rename within one is atomic.
    const staged = `${folder}.${process.pid}`
    cpSync(join(work, 'libs'), staged, { recursive: true })
    try {
      renameSync(staged, folder)
    } catch (error) {
      rmSync(staged, { recursive: true, force: true })
      // Another run was faster. Its folder is complete, since renames are atomic.
      if (!isComplete(folder)) throw error
    }
    return folder
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const dependency = (artifact: string) =>
  `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${KAFKA}</version></dependency>`

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>crbus</groupId><artifactId>test-broker</artifactId><version>1</version>
<dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies>
</project>
`
