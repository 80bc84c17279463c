// oclif's manifest lets a packed crbus find a command without loading the others. Made when packing and removed after:
// a left-over one hides new commands.
import { rmSync, writeFileSync } from 'node:fs'
import { Plugin } from '@oclif/core'

const root = new URL('..', import.meta.url).pathname
const file = `${root}oclif.manifest.json`
if (process.argv[2] === 'remove') rmSync(file, { force: true })
else {
  const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
  await plugin.load()
  writeFileSync(file, JSON.stringify(plugin.manifest))
}
