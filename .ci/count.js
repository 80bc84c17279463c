// Prints what vitest counted as one line. A run that counted nothing has failed, and so has one that skipped anything
// but what compares with Rust on a machine without cargo.
import { existsSync, readFileSync } from 'node:fs'

const [file, status] = process.argv.slice(2)
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
const passed = report?.numPassedTests ?? 0
let skipped = 0
for (const { assertionResults, name } of report?.testResults ?? []) {
  for (const { status: outcome, fullName } of assertionResults) {
    if (outcome === 'passed' || outcome === 'failed') continue
    console.log(`skipped: ${name} ${fullName}`)
    if (!fullName.endsWith('(needs cargo)')) skipped += 1
  }
}
const broken = status !== '0' || passed === 0 || skipped > 0
const failed = (report?.numFailedTests ?? 0) + skipped
console.log(`${passed} passed, ${broken ? Math.max(1, failed) : failed} failed`)
process.exit(broken || failed > 0 ? 1 : 0)
