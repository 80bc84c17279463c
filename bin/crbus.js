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
// Deno has none.
if (enableCompileCache && hasCacheFolder()) enableCompileCache()
const { main } = await import('../dist/cli/main.js')
await main(import.meta.url)

// Makes the folder that Node would use. Node makes it level by level without end where mkdir fails with ENOENT, as in /proc.
// In a folder of another user, what Node runs as code would be what that user put there.
function hasCacheFolder() {
  const { lstatSync, mkdirSync } = process.getBuiltinModule('node:fs')
  const folder = `${process.getBuiltinModule('node:os').tmpdir()}/node-compile-cache`
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    return error.code === 'EEXIST' && isOwn(lstatSync(folder))
  }
}

// Users have no ids on Windows, where each has a folder of temporary files.
function isOwn(folder) {
  if (process.geteuid === undefined) return true
  return folder.isDirectory() && folder.uid === process.geteuid() && (folder.mode & 0o002) === 0
}
