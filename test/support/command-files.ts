import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../src/commands/', import.meta.url))

/** Returns the file of every command by its name, whose words are joined by `separator`, as oclif finds them. */
export const commandFiles = (separator: string): ReadonlyMap<string, string> =>
  new Map(
    globSync('**/*.ts', { cwd: root }).map((path) => {
      const words = path.replace(/\.ts$/, '').split(/[\\/]/)
      // `index/index.ts` is the command `crbus index`.
      const name = words.at(-1) === 'index' ? words.slice(0, -1) : words
      return [name.join(separator), `${root}${path}`] as const
    }),
  )
