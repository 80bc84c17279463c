// Builds executable/crbus: one file with Node and crbus, for machines without Node. Run it after a build, with the Node to embed.
// The format is that of https://nodejs.org/api/single-executable-applications.html.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'postject'

if (process.platform !== 'linux') throw new Error('this script builds on Linux only: other systems need a signature')
const root = new URL('..', import.meta.url).pathname
const output = `${root}executable/crbus`
const building = mkdtempSync(join(tmpdir(), 'crbus-executable-'))
process.on('exit', () => rmSync(building, { recursive: true, force: true }))

const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' })
const [{ version, files }] = Object.values(JSON.parse(packed))
const paths = files.map(({ path }) => path).sort()
const hash = createHash('sha256')
for (const path of paths) hash.update(`${path}\n`).update(readFileSync(`${root}${path}`))
writeFileSync(`${building}/name`, `${version}-${hash.digest('hex').slice(0, 16)}`)

const config = {
  main: `${root}bin/executable.cjs`,
  output: `${building}/blob`,
  disableExperimentalSEAWarning: true,
  assets: { name: `${building}/name`, ...Object.fromEntries(paths.map((path) => [path, `${root}${path}`])) },
}
writeFileSync(`${building}/sea.json`, JSON.stringify(config))
execFileSync(process.execPath, ['--experimental-sea-config', `${building}/sea.json`], { stdio: 'inherit' })

copyFileSync(process.execPath, `${building}/crbus`)
chmodSync(`${building}/crbus`, 0o755)
// Node looks for this name and this mark.
await inject(`${building}/crbus`, 'NODE_SEA_BLOB', readFileSync(`${building}/blob`), {
  sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
})
mkdirSync(`${root}executable`, { recursive: true })
copyFileSync(`${building}/crbus`, output)
process.stdout.write(`wrote ${output}\n`)
