import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../../files/make-folder.ts'
import { writeWhole } from '../../files/write-whole.ts'
import { type Local, serverFolder } from '../model.ts'
import { freePort } from '../ports.ts'
import { mustRun } from '../programs.ts'

/** The release that is fetched: the one that crbus is tested on most. */
export const KAFKA = '4.1.0'

/** A small heap, and only the first compiler of Java: the second one takes a third of the start-up time. */
const JAVA_OPTIONS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
/** Java decodes paths by the locale, and cannot open paths with other characters than ASCII in the locale C. */
export const JAVA_ENV = { LC_ALL: 'C.UTF-8' }

export const jarsFolder = ({ cacheFolder }: Pick<Local, 'cacheFolder'>): string => join(cacheFolder, `kafka-${KAFKA}`)

/** Returns the release of Kafka whose jars are in a folder; `undefined` if there are none. */
export function releaseIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const names = readdirSync(folder)
  return names.map((name) => /^kafka_2\.\d+-(\d[\w.]*)\.jar$/.exec(name)?.[1]).find((release) => release !== undefined)
}

/** Fetches the jars with Maven into the cache, 54 MB. The folder appears there when it is complete. */
export async function fetchJars(local: Local, mvn: string): Promise<string> {
  const folder = jarsFolder(local)
  local.onProgress({ code: 'fetching-jars', version: KAFKA, folder })
  const work = mkdtempSync(join(tmpdir(), 'crbus-kafka-'))
  try {
    writeFileSync(join(work, 'pom.xml'), POM)
    const goal = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs']
    await mustRun('fetching the jars of Kafka with Maven', mvn, goal, { cwd: work, signal: local.signal })
    makeFolder(local.cacheFolder)
    // The cache may be on another file system, and only a rename within one is atomic.
    const part = mkdtempSync(`${folder}.part-`)
    cpSync(join(work, 'libs'), part, { recursive: true })
    renameSync(part, folder)
    return folder
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const dependency = (artifact: string) =>
  `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${KAFKA}</version></dependency>`

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>crbus</groupId><artifactId>local-broker</artifactId><version>1</version>
<dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies>
</project>
`

/** Makes a UUID in Kafka's format that does not start with a hyphen, which Kafka's tools would read as an option. */
export const newClusterId = (): string => `c${randomBytes(16).toString('base64url').slice(1)}`

interface KafkaStart {
  readonly java: string
  readonly jars: string
  readonly port: number
  readonly clusterId: string
}

/** Writes the settings, and creates the storage if it does not exist. Returns the command line of the broker. */
export async function prepareKafka(local: Local, { java, jars, port, clusterId }: KafkaStart): Promise<string[]> {
  const program = [java, ...JAVA_OPTIONS, '-cp', join(jars, '*')]
  const settings = join(local.stateFolder, 'server.properties')
  const controllerPort = await freePort()
  const write = (folder: string) =>
    writeWhole(settings, serverProperties(folder, port, controllerPort), { mode: 0o600 })
  const data = serverFolder(local, 'broker')
  if (!existsSync(data)) {
    local.onProgress({ code: 'preparing', server: 'broker' })
    // Created under another name, so that the storage is complete if it exists.
    const part = `${data}.part`
    rmSync(part, { recursive: true, force: true })
    write('broker.part')
    const [file = '', ...args] = [...program, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', settings]
    await mustRun('creating the storage of Kafka', file, args, {
      cwd: local.dataFolder,
      env: JAVA_ENV,
      signal: local.signal,
    })
    renameSync(part, data)
  }
  write('broker')
  return [...program, 'kafka.Kafka', settings]
}

/** One node that is broker and controller. The folder is relative, because Kafka splits a path at its commas. */
function serverProperties(folder: string, port: number, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': folder,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
