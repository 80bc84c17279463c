#!/usr/bin/env node
// This file is not built, and its syntax is old enough for an old Node to parse it and print the error below.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  // The registry has Node, but not crbus.
  const path = /^[\w./:\\-]+$/.test(process.argv[1]) ? process.argv[1] : `"${process.argv[1]}"`
  process.stderr.write(
    `crbus needs Node 22.15 or newer; this is ${process.versions.node}.\nTry: npx -p node@24 node ${path} --help\n`,
  )
  process.exit(1)
}
// Hide warnings of Node and of packages, such as about experimental features: a user cannot act on them.
if (!process.argv.includes('--debug')) process.removeAllListeners('warning')
const { enableCompileCache } = await import('node:module')
// Deno has no compile cache.
if (enableCompileCache && hasCacheFolder()) enableCompileCache()
const { main } = await import('../dist/cli/main.js')
await main(import.meta.url)

// Creates the folder of Node's compile cache. Node itself would loop forever where mkdir fails with ENOENT, as in /proc.
// Refuses a folder of another user, who could put code into it that Node would run.
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

// On Windows, users have no ids, and each user has a separate folder for temporary files.
function isOwn(folder) {
  if (process.geteuid === undefined) return true
  return folder.isDirectory() && folder.uid === process.geteuid() && (folder.mode & 0o002) === 0
}
