import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'

// `npm run test:brokers`: the tests of Kafka on each broker below, or on those named. Under CI `npm test` runs everything on
// Apache Kafka 4.1 before. Each broker has a results file of its own, which `.ci/count.js` counts.

/**
 * Releases of Apache Kafka in wide use and the newest; an implementation that is not Apache's, and the same with the oldest
 * versions of requests that crbus is for. The longest first; kfake has to be built.
 */
const BROKERS = ['3.9.1', 'kfake', '3.7.2', '4.4.0', 'kfake-2.4']
/** What every bus promises, and what is true of Kafka alone on one broker. */
const FILES = ['kafka', 'kafka-groups', 'kafka-lag', 'kafka-driver', 'kafka-restarts']
/** TLS, logins and ACLs, on one release before Kafka 4. */
const SECURED = '3.9.1'
/** Kafka's own tools and what many groups cost need newer versions than these. */
const FILES_OF_OLD = ['kafka']
/** The tests wait for their broker most of the time, and each broker is a process of 512 MB. */
const AT_ONCE = 2

const root = new URL('..', import.meta.url).pathname

/** Runs the tests on a broker and prints what they say when they are over. */
async function runOn(broker: string): Promise<{ readonly summary: string; readonly isGreen: boolean }> {
  const results = `results-${broker}`
  const file = `${root}node_modules/.cache/crbus-test/${results}.json`
  rmSync(file, { force: true })
  const more = broker === SECURED ? ['kafka-security'] : []
  const files = [...(broker === 'kfake-2.4' ? FILES_OF_OLD : FILES), ...more].map(
    (name) => `test/contract/${name}.test.ts`,
  )
  const command = ['run', '--config', 'test/vitest.config.ts', '--project', 'contract', ...files]
  const vitest = spawn('node_modules/.bin/vitest', command, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CRBUS_TEST_KAFKA: broker,
      CRBUS_TEST_RESULTS: results,
      CRBUS_REQUIRE_BROKER: '1',
      // No test of these files has a store: a Postgres that is named is not started.
      CRBUS_TEST_POSTGRES: 'postgres://nobody@127.0.0.1:1/none',
    },
  })
  const [[status], out, err] = await Promise.all([once(vitest, 'close'), text(vitest.stdout), text(vitest.stderr)])
  process.stdout.write(`\nOn ${broker}:\n${out}${err}`)
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  const isRun = report?.numTotalTests > 0
  const summary = isRun
    ? `${broker}: ${report.numPassedTests} passed, ${report.numFailedTests} failed`
    : `${broker}: the tests did not run`
  return { summary, isGreen: status === 0 && isRun }
}

const named = process.argv.slice(2)
const brokers = named.length > 0 ? named : BROKERS
const left = [...brokers]
const ended = new Map<string, Awaited<ReturnType<typeof runOn>>>()

async function runNext(): Promise<void> {
  for (let broker = left.shift(); broker !== undefined; broker = left.shift()) {
    ended.set(broker, await runOn(broker))
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, runNext))
process.stdout.write(`\n${brokers.map((broker) => ended.get(broker)?.summary).join('\n')}\n`)
process.exit([...ended.values()].every(({ isGreen }) => isGreen) ? 0 : 1)
