#!/usr/bin/env node
// The only file users run unbuilt, so it is plain enough for an old Node to parse and say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `crbus needs Node 22.15 or newer; this is ${process.versions.node}.\nTry: npx -p node@24 -p crbus crbus\n`,
  )
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('../dist/cli/main.js')
await main(import.meta.url)
