import { join } from 'node:path'
import { platform } from 'node:process'
import { localHints } from './hints.ts'
import { type Engine, engines, type Local, refused } from './model.ts'
import { programsIn, programsOnPath, runProgram } from './programs.ts'
import { whyNoCompose } from './servers/compose.ts'
import { jarsFolder, KAFKA, releaseIn } from './servers/kafka.ts'

/** The oldest Java that Kafka 4 runs on. */
const MIN_JAVA = 17

export type FoundEngine =
  | { readonly engine: 'docker' | 'podman'; readonly program: string }
  | {
      readonly engine: 'java'
      readonly java: string
      readonly release: string
      /** Where the jars are, or the Maven that fetches them. */
      readonly jars: { readonly folder: string } | { readonly mvn: string }
    }

interface Wish {
  /** Only this engine. */
  readonly engine?: Engine | undefined
  /** The folder of Kafka's jars. */
  readonly jars?: string | undefined
}

/** Finds what can run a broker: Docker, then Podman, then Java. Throws `REFUSED` with the reason for each if there is nothing. */
export async function findEngine(local: Local, { engine, jars }: Wish): Promise<FoundEngine> {
  const reasons: string[] = []
  for (const one of engine === undefined ? engines : [engine]) {
    const found = one === 'java' ? await findJava(local, jars) : await findContainers(local, one)
    if (typeof found !== 'string') return found
    reasons.push(found)
  }
  throw refused(
    `nothing was started, because a broker needs Docker, Podman or Java: ${reasons.join('; ')}`,
    localHints.chooseEmbedded(),
    localHints.advice(`install Docker with its compose plugin, or Java ${MIN_JAVA} and Maven`),
    localHints.nameJars(),
  )
}

/** Returns the engine, or why it cannot be used. */
async function findContainers(local: Local, engine: 'docker' | 'podman'): Promise<FoundEngine | string> {
  const [program] = programsOnPath(local, engine)
  if (program === undefined) return `${engine} is not installed`
  const problem = await whyNoCompose(program)
  if (problem === undefined) return { engine, program }
  return problem === 'no-compose' ? `"${engine} compose" does not work` : `"${engine} info" does not answer`
}

async function findJava(local: Local, given: string | undefined): Promise<FoundEngine | string> {
  if (platform === 'win32') return 'on Windows, crbus starts brokers only with Docker or Podman'
  const { JAVA_HOME } = local.env
  const [java] = [...(JAVA_HOME ? programsIn([join(JAVA_HOME, 'bin')], 'java') : []), ...programsOnPath(local, 'java')]
  if (java === undefined) return 'java is not installed'
  const { output } = await runProgram(java, ['-version'], { timeout: 15_000 })
  const version = /version "(\d+)/.exec(output)?.[1]
  if (version === undefined) return `${java} does not run`
  if (Number(version) < MIN_JAVA) return `${java} is Java ${version}, and Kafka needs ${MIN_JAVA} or newer`
  const folder = given ?? jarsFolder(local)
  const release = releaseIn(folder)
  if (release !== undefined) return { engine: 'java', java, release, jars: { folder } }
  if (given !== undefined) return `${given} does not contain the jars of Kafka (kafka_2.13-${KAFKA}.jar and others)`
  const [mvn] = programsOnPath(local, 'mvn')
  if (mvn === undefined) return 'java is installed, but mvn, which fetches the jars of Kafka, is not'
  return { engine: 'java', java, release: KAFKA, jars: { mvn } }
}
