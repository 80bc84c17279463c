import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Name, spellings } from './name.ts'
import { ScaffoldRefused } from './refused.ts'

/**
 * Throws `ScaffoldRefused` if a saga has the name of an aggregate or the reverse: both would use the topic `{name}-events`, and the
 * same folder in TypeScript.
 */
export function refuseNamesake(root: string, kind: 'aggregate' | 'saga', name: Name): void {
  const other = kind === 'saga' ? 'aggregate' : 'saga'
  const kebab = spellings.kebab(name)
  const paths = [`src/${kebab}/${other}.ts`, `src/${other}s/${spellings.snake(name)}.rs`]
  const found = paths.find((path) => existsSync(join(root, path)))
  if (found === undefined) return
  const suggestion = kind === 'saga' ? `crbus new saga ${kebab}-process --on …` : `crbus new aggregate ${kebab}-record`
  throw new ScaffoldRefused(`the name ${kebab} belongs to the ${other} in ${found}, whose topic is ${kebab}-events`, [
    suggestion,
  ])
}
