import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Name, spellings } from './name.ts'
import { ScaffoldRefused } from './refused.ts'

/** Refuses an aggregate and a saga of one name: both would have the topic `{name}-events`, and in TypeScript one folder. */
export function refuseNamesake(root: string, kind: 'aggregate' | 'saga', name: Name): void {
  const other = kind === 'saga' ? 'aggregate' : 'saga'
  const kebab = spellings.kebab(name)
  const places = [`src/${kebab}/${other}.ts`, `src/${other}s/${spellings.snake(name)}.rs`]
  const found = places.find((place) => existsSync(join(root, place)))
  if (found === undefined) return
  const suggestion = kind === 'saga' ? `crbus new saga ${kebab}-process --on …` : `crbus new aggregate ${kebab}-record`
  throw new ScaffoldRefused(`${kebab} is the ${other} in ${found}, and ${kebab}-events its topic`, [suggestion])
}
