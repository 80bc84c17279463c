// Prints the tests that failed with their first error, and what vitest counted in all runs as the last line. A run that
// counted nothing has failed, and so has one that skipped anything but what compares with Rust on a machine without cargo.
// node count.js STATUS FILE... with the exit status of the runs: 0 when all of them passed.
import { existsSync, readFileSync } from 'node:fs'

/** The error and where it was thrown. Short, because the log may be shown from its last lines only. */
const MAX_ERROR_CHARACTERS = 1_500

const [status, ...files] = process.argv.slice(2)
let passed = 0
let failed = 0
let isBroken = status !== '0'
for (const file of files) {
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  const skipped = (report?.testResults ?? []).flatMap(({ assertionResults, name }) =>
    assertionResults
      .filter(({ status: outcome }) => outcome !== 'passed' && outcome !== 'failed')
      .map(({ fullName }) => `${name} ${fullName}`),
  )
  for (const one of skipped) console.log(`skipped: ${one}`)
  for (const { assertionResults, name, message } of report?.testResults ?? []) {
    const broken = assertionResults.filter(({ status: outcome }) => outcome === 'failed')
    for (const { fullName, failureMessages } of broken) {
      console.log(`failed: ${name} ${fullName}\n${(failureMessages[0] ?? '').slice(0, MAX_ERROR_CHARACTERS)}`)
    }
    if (message) console.log(`failed: ${name}\n${message.slice(0, MAX_ERROR_CHARACTERS)}`)
  }
  const missing = skipped.filter((one) => !one.endsWith('(needs cargo)')).length
  passed += report?.numPassedTests ?? 0
  failed += (report?.numFailedTests ?? 0) + missing
  if (!report?.numPassedTests) {
    console.log(`no results: ${file}`)
    isBroken = true
  }
}
console.log(`${passed} passed, ${isBroken ? Math.max(1, failed) : failed} failed`)
process.exit(isBroken || failed > 0 ? 1 : 0)
