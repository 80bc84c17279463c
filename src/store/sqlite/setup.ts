import { resolve } from 'node:path'
import type { StoreSetup } from '../layout.ts'
import { inspectFile } from './layout.ts'
import { guarded, MEMORY, StoreFile } from './store-file.ts'

export function sqliteSetup(path: string): StoreSetup {
  const location = path === MEMORY ? path : resolve(path)
  return {
    kind: 'sqlite',
    location,
    inspect: async () => guarded(location, () => inspectFile(location)),
    async create() {
      const file = new StoreFile(location)
      file.close()
      return file.created
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
