#!/usr/bin/env node
// The only file users run unbuilt, so it is plain enough for an old Node to parse and say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `crbus needs Node 22.15 or newer; this is ${process.versions.node}.\nTry: npx -p node@24 -p crbus crbus\n`,
  )
  process.exit(1)
}
// Node and packages warn of experimental features and of what they could not read: nothing a user can act on.
if (!process.argv.includes('--debug')) process.removeAllListeners('warning')
const { enableCompileCache } = await import('node:module')
if (hasCacheFolder()) enableCompileCache()
const { main } = await import('../dist/cli/main.js')
await main(import.meta.url)

// Makes the folder that Node would use. Node makes it level by level without end where mkdir fails with ENOENT, as in /proc.
function hasCacheFolder() {
  const folder = `${process.getBuiltinModule('node:os').tmpdir()}/node-compile-cache`
  try {
    process.getBuiltinModule('node:fs').mkdirSync(folder)
    return true
  } catch (error) {
    return error.code === 'EEXIST'
  }
}
