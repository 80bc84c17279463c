import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { scaffoldHints } from './hints.ts'
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
  throw new ScaffoldRefused(`the name ${kebab} belongs to the ${other} in ${found}, whose topic is ${kebab}-events`, [
    scaffoldHints.chooseOtherName(kind, `${kebab}-${kind === 'saga' ? 'process' : 'record'}`),
  ])
}
