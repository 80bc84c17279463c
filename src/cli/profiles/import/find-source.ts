import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { findUp } from '../../../files/find-up.ts'
import type { ConfigSurroundings } from '../../config/config.ts'
import { xdgFolder } from '../../config/find-config-files.ts'
import { readBytes } from '../../config/security/secrets/file-secret.ts'
import { UsageError } from '../../errors.ts'
import { run } from '../../suggestions.ts'
import type { Source } from './foreign-profile.ts'

/** The tools whose files can be imported. */
export const tools = ['rpk', 'kaf', 'kafkactl', 'librdkafka', 'kcat'] as const
export type Tool = (typeof tools)[number]

/** The largest file that is read. A hundred profiles of 1 kB each stay below it. */
const MAX_BYTES = 128 * 1024

/** Reads the given file of a tool, or the first file that exists where the tool looks for it. */
export function findSource(tool: Tool, file: string | undefined, surroundings: ConfigSurroundings): Source {
  const { cwd, home } = surroundings
  const places = usualPlaces(tool, surroundings)
  const path = file === undefined ? places.find((place) => existsSync(place)) : resolve(cwd, file)
  if (path === undefined) {
    const searched = places.length === 0 ? 'has no usual place' : `is not in ${places.join(' or ')}`
    throw new UsageError(`the configuration of ${tool} ${searched}`, [run(`crbus profile import ${tool} FILE`)])
  }
  const advice = run(`crbus profile import ${tool} FILE`, 'reads another file')
  const bytes = readBytes(path, `the configuration of ${tool}`, advice)
  if (bytes.length > MAX_BYTES) throw new UsageError(`${path} is larger than 128 KiB, the most that crbus imports`)
  return { path, text: bytes.toString('utf8'), folder: dirname(path), home }
}

/** Where a tool looks for its file. That of a project comes last, because a stranger may have written it. */
function usualPlaces(tool: Tool, { env, home, cwd }: ConfigSurroundings): readonly string[] {
  const config = xdgFolder(env.XDG_CONFIG_HOME, join(home, '.config'))
  const given = (name: string) => (env[name] ? [resolve(cwd, env[name])] : [])
  switch (tool) {
    case 'rpk':
      return [
        join(config, 'rpk/rpk.yaml'),
        join(home, 'Library/Application Support/rpk/rpk.yaml'),
        // The file of a broker, in which rpk had its settings before release 23.2.
        '/etc/redpanda/redpanda.yaml',
      ]
    case 'kaf':
      return [join(home, '.kaf/config')]
    case 'kafkactl':
      return [
        ...given('KAFKA_CTL_CONFIG'),
        join(home, '.config/kafkactl/config.yml'),
        join(home, '.kafkactl/config.yml'),
        ...(env.APPDATA ? [join(env.APPDATA, 'kafkactl/config.yml')] : []),
        ...['kafkactl.yml', '.kafkactl.yml'].flatMap((name) => findUp(cwd, name, existsSync) ?? []),
        '/etc/kafkactl/config.yml',
      ]
    case 'kcat':
      return [...given('KCAT_CONFIG'), join(home, '.config/kcat.conf'), join(home, '.config/kafkacat.conf')]
    case 'librdkafka':
      return []
  }
}
