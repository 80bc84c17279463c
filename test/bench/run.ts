// npm run bench -- [--records N] [--only row]: crbus beside what else there is, in one run. See test/README.md.
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { peersHere } from './peers.ts'
import { PARTITIONS } from './records.ts'
import { formatTable, type Line } from './report.ts'
import { auditing } from './rows/auditing.ts'
import { embedded } from './rows/embedded.ts'
import { fetching } from './rows/fetching.ts'
import { lagging, resetting } from './rows/groups.ts'
import { indexing } from './rows/indexing.ts'
import { publishing } from './rows/publishing.ts'
import { readDecoded, readNdjson, readRaw, readWhere } from './rows/reading.ts'
import { saga } from './rows/saga.ts'
import { startUp } from './rows/start-up.ts'
import { tracing } from './rows/tracing.ts'
import { transferring } from './rows/transfer.ts'
import { type Row, Setting } from './setting.ts'

const rows: readonly Row[] = [
  readNdjson,
  readDecoded,
  readWhere,
  readRaw,
  publishing,
  startUp,
  embedded,
  fetching,
  indexing,
  lagging,
  resetting,
  saga,
  auditing,
  tracing,
  transferring,
]

const { values: flags } = parseArgs({
  options: { records: { type: 'string', default: '1000000' }, only: { type: 'string' } },
})
const records = Number(flags.records)
const chosen = rows.filter(({ name }) => flags.only === undefined || flags.only === name)
if (!Number.isSafeInteger(records) || records < 1 || chosen.length === 0) {
  process.stderr.write(`usage: npm run bench -- [--records N] [--only ${rows.map(({ name }) => name).join('|')}]\n`)
  process.exit(2)
}

const lines: Line[] = []
await using setting = new Setting(records)
for (const { name, run } of chosen) {
  process.stderr.write(`${name}\n`)
  try {
    lines.push(...(await run(setting)))
  } catch (error) {
    // The other rows are worth having; the exit code tells.
    process.exitCode = 1
    lines.push({ name: `${name} FAILED`, peer: '', crbus: '' })
    process.stderr.write(`  ${error instanceof Error ? error.stack : error}\n`)
  }
}

const peers = peersHere.map(({ name }) => name).join(', ') || 'none'
const report = `${records} records made by Rust on ${PARTITIONS} partitions; Node ${process.versions.node}; ${availableParallelism()} cores; peers found: ${peers}.
Medians. The ratio is crbus's speed over the peer's; of start-up and lag, crbus's time over the peer's.

${formatTable(lines)}
${chosen.map(({ name, note }) => `- ${name}: ${note}\n`).join('')}`
process.stdout.write(report)
const results = new URL('results/', import.meta.url)
mkdirSync(results, { recursive: true })
writeFileSync(new URL(`${new Date().toISOString().replaceAll(':', '-')}.md`, results), report)
