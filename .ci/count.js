// Prints what vitest counted as one line. A run that counted nothing, or skipped anything, has failed.
import { existsSync, readFileSync } from 'node:fs'

const [file, status] = process.argv.slice(2)
const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
const passed = report?.numPassedTests ?? 0
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
for (const { assertionResults, name } of report?.testResults ?? []) {
  for (const { status: outcome, fullName } of assertionResults) {
    if (outcome !== 'passed' && outcome !== 'failed') console.log(`skipped: ${name} ${fullName}`)
  }
}
const broken = status !== '0' || passed === 0 || skipped > 0
const failed = (report?.numFailedTests ?? 0) + skipped
console.log(`${passed} passed, ${broken ? Math.max(1, failed) : failed} failed`)
process.exit(broken || failed > 0 ? 1 : 0)
