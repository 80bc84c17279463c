import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'

// `npm run test:brokers`: the tests of Kafka on each broker below in turn, or on those named. Under CI `npm test` runs
// everything on Apache Kafka 4.1 before. Each broker has a results file of its own, which `.ci/count.js` counts.

/**
 * Releases of Apache Kafka in wide use and the newest; an implementation that is not Apache's, and the same with the oldest
 * versions of requests that crbus is for.
 */
const BROKERS = ['3.7.2', '3.9.1', '4.4.0', 'kfake', 'kfake-2.4']
/** What every bus promises, and what is true of Kafka alone on one broker. */
const FILES = ['kafka', 'kafka-groups', 'kafka-lag', 'kafka-driver']
/** TLS, logins and ACLs, on one release before Kafka 4: they take the better part of a minute. */
const SECURED = '3.9.1'
/** Kafka's own tools and what many groups cost need newer versions than these. */
const FILES_OF_OLD = ['kafka']

const root = new URL('..', import.meta.url).pathname
const named = process.argv.slice(2)
const summaries: string[] = []
let isBroken = false

for (const broker of named.length > 0 ? named : BROKERS) {
  const results = `results-${broker}`
  const file = `${root}node_modules/.cache/crbus-test/${results}.json`
  rmSync(file, { force: true })
  process.stdout.write(`\nOn ${broker}:\n`)
  const more = broker === SECURED ? ['kafka-security'] : []
  const files = [...(broker === 'kfake-2.4' ? FILES_OF_OLD : FILES), ...more].map(
    (name) => `test/contract/${name}.test.ts`,
  )
  const command = ['--config', 'test/vitest.config.ts', '--project', 'contract', ...files]
  const { status } = spawnSync('node_modules/.bin/vitest', ['run', ...command], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      CRBUS_TEST_KAFKA: broker,
      CRBUS_TEST_RESULTS: results,
      CRBUS_REQUIRE_BROKER: '1',
    },
  })
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  const isRun = report?.numTotalTests > 0
  if (status !== 0 || !isRun) isBroken = true
  summaries.push(
    isRun
      ? `${broker}: ${report.numPassedTests} passed, ${report.numFailedTests} failed`
      : `${broker}: the tests did not run`,
  )
}

process.stdout.write(`\n${summaries.join('\n')}\n`)
process.exit(isBroken ? 1 : 0)
