import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { canChangeRoot, type EmptyRoot, makeEmptyRoot } from '../support/empty-root.ts'
import { outputPattern, type ReadmeLine, readmeLines } from '../support/readme-lines.ts'
import { killShells, type RunningShell } from '../support/running-shell.ts'
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts'
import { freePort } from '../support/watched-process.ts'

// Installs the packed tarball into a root that has only Node and npm, and runs every command line of README.md there, on the
// embedded bus, and where the README names brokers on a secured Kafka.

/** How much of a long output a failed test shows. */
const MAX_SHOWN_CHARACTERS = 3000
const users = { alice: 'correct horse' }
const isHere = Boolean(process.env.CI) || (canChangeRoot() && inject('kafkaBrokers') !== '')

/** Lines that do not run in the root, and where they are tested. */
const exceptions: Readonly<Record<string, string>> = {
  'npm ci && npm test': 'in the clone: this is how the tests run',
  'npm ci && npm pack': 'in the clone: test/support/packed-global.ts',
  'npm run executable': 'in the clone: test/e2e/executable.test.ts',
  'docker build --file bin/Dockerfile --tag crbus .': 'in the clone: test/e2e/dockerfile.test.ts',
  'export PATH="$PWD/node_modules/.bin:$PATH"': 'in the clone, whose Node runs the tests',
  'crbus ui': 'needs keys: test/e2e/live-screen.test.ts',
  'crbus schema diff main:services/orders services/orders': 'needs git: test/commands/schema-diff.test.ts',
}

/** What a line needs and shows, beside exit code 0. */
interface Rule {
  readonly matches: RegExp
  /** For commands that run until they are interrupted: what they show before. */
  readonly until?: RegExp
  /** It runs until all lines of its heading have run. */
  readonly staysOn?: true
  readonly shows?: RegExp
  readonly exitCode?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Commands that run before. */
  readonly before?: readonly string[]
}

const inShop = '/work/shop'
const rust = { CRBUS_DATA_DIR: '/tmp/rust' }
const order = '--topic order-events --group billing'
const prod = '--profile prod --confirm'
const story = { CRBUS_DATA_DIR: '/tmp/story/demo' }

/** Rules for lines, by heading. The first rule that matches holds. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  '': [{ matches: /demo/, env: { CRBUS_DATA_DIR: '/tmp/demo' }, shows: /8 checkouts: \d completed/ }],
  Install: [
    { matches: /^npm install/, shows: /added 1 package/ },
    { matches: /^npx/, shows: /tail/ },
  ],
  'Create a service': [
    {
      matches: /^crbus new service/,
      shows: /vendor\/crbus-0\.1\.0\.tgz: the copy of crbus from which npm installs it/,
    },
    { matches: /^crbus new/, cwd: inShop, shows: /2 passed/ },
    { matches: /^npm start/, cwd: inShop, until: /running order on /, staysOn: true },
    { matches: /^crbus publish/, cwd: inShop, shows: /order-commands\[\d\]@0 PlaceOrder\.v1/ },
    { matches: /^crbus tail/, cwd: inShop, until: /OrderPlaced\.v1 .*018f2f5e/ },
  ],
  'Publish and see events': [
    { matches: /payment-events/, before: ['crbus topics create payment-events'] },
    { matches: /copy-events/, shows: /copy-events\[\d\]@\d+ OrderPlaced\.v1/ },
    { matches: /--where/, until: /OrderPlaced\.v1 o-1/ },
    { matches: /^crbus tail/, until: /OrderPlaced\.v1 .*o-999/ },
    { matches: /^crbus publish/, shows: /order-events\[\d\]@\d+ OrderPlaced\.v1/ },
  ],
  'Read what Rust services write': [
    { matches: /import/, env: rust, shows: /schemas\/order-events\.json/ },
    {
      matches: /^crbus tail/,
      env: rust,
      before: ['crbus schema sample -n 3 | crbus publish order-events'],
      until: /OrderPlaced\.v1 \{"OrderPlaced":\{"order_id":/,
    },
    { matches: /check/, env: rust, shows: /3/ },
  ],
  'Manage topics': [
    { matches: /apply/, cwd: inShop, shows: /order-commands/ },
    { matches: /list/, shows: /order-events .*\n?/ },
  ],
  'Find the consumer groups that lag': [
    { matches: /^crbus check/, exitCode: 2, shows: /billing/ },
    { matches: /metrics/, until: /http/ },
    { matches: /^crbus lag/, shows: /billing +Empty/ },
  ],
  'Find out why an order hangs': [
    {
      matches: /^crbus demo/,
      env: { CRBUS_DATA_DIR: '/tmp/story' },
      until: /dlq edit 1 [\s\S]*The services run until Ctrl-C/,
      staysOn: true,
    },
    { matches: /^crbus lag/, env: story, shows: /payment-aggregate +Stable +1 +1 +0 +- +ok/ },
    {
      matches: /^crbus trace/,
      env: story,
      shows: /CompletePayment\.v1 became a dead letter: the amount 12\.99 of CompletePayment\.v1 is not in whole cents/,
    },
    { matches: /stuck/, env: story, exitCode: 10, shows: /checkout +failed .*dead letter CompletePayment\.v1/ },
    { matches: /show/, env: story, shows: /reason +the amount 12\.99 of CompletePayment\.v1 is not in whole cents/ },
    {
      matches: /edit/,
      env: { ...story, EDITOR: 'node /tmp/edit.js' },
      before: [
        `echo "const [, , file] = process.argv; const fs = require('fs')
fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('12.99', '1299'))" > /tmp/edit.js`,
      ],
      shows: /"amount": 1299/,
    },
    {
      matches: /sagas list/,
      env: story,
      // Ends when the services have completed the order.
      before: ["crbus tail checkout-events --from start --where 'data.total == 12.99' -n 1"],
      shows: /checkout +0 +0 +0 +0 +2 +7 +store/,
    },
    { matches: /audit/, env: story, shows: /payment-events +payment-\* +9 +9 +9/ },
  ],
  'Connect to a cluster': [
    // The certificates of the test broker expire within days, which is a warning.
    { matches: /doctor/, exitCode: 10, shows: /certificate 'signed'[\s\S]*accepts the login \(SCRAM-SHA-512\)/ },
    { matches: /config/, shows: /prod/ },
  ],
  'Find out what is wrong': [
    {
      matches: /doctor events/,
      exitCode: 10,
    },
    {
      matches: /doctor$/,
      // The topic is one that "Manage topics" has created on the broker.
      before: [
        // There is no schema file in /tmp, so the data may be any JSON.
        `cd /tmp && crbus publish order-events --type OrderPlaced.v1 --data '{}' ${prod} order-events`,
        `crbus reset ${order} --to start --new-group ${prod} billing`,
      ],
      exitCode: 10,
      shows: /accepts the login \(SCRAM-SHA-512\)/,
    },
    { matches: /connection/, exitCode: 10, shows: /accepts the login \(SCRAM-SHA-512\)/ },
    { matches: /doctor/, exitCode: 10, shows: /group 'billing' has no members/ },
  ],
}

/** Commands that ask for confirmation. Without a terminal, `--yes` confirms. */
const asks = /^crbus (?:reset|topics apply|dlq edit)\b(?!.*--(?:yes|dry-run))/

const lines = readmeLines()
const headings = [...new Set(lines.map(({ heading }) => heading))]
const firstHeading = 'Install'

describe.skipIf(!isHere)('the packed crbus in a root with only Node and npm', () => {
  let root: EmptyRoot
  let kafka: SecuredKafka
  let port: number

  beforeAll(async () => {
    kafka = await startSecuredKafka(users)
    root = makeEmptyRoot([join(kafka.folder, 'authority.pem')])
    const tarball = inject('packedTarball')
    copyFileSync(tarball, join(root.folder, 'work', basename(tarball)))
    writeRustService(join(root.folder, 'work/services/orders'))
    port = await freePort()
    await runHeading(firstHeading)
  })
  afterAll(async () => {
    killShells()
    root?.dispose()
    await kafka?.dispose()
  })

  /** Replaces the addresses in the README with those of the servers of the tests. */
  const toRun = (command: string) =>
    command
      .replace('npm ci && npx crbus', 'crbus')
      .replace('kafka:9093', kafka.at.secure)
      .replace('localhost:9092', kafka.at.plain)
      .replace('--listen 9464', `--listen ${port}`)

  async function runHeading(heading: string): Promise<void> {
    const staying: RunningShell[] = []
    for (const line of lines) {
      if (line.heading !== heading || line.command in exceptions) continue
      const shell = await runLine(line)
      if (shell !== undefined) staying.push(shell)
    }
    for (const shell of staying) await shell.interrupt()
  }

  /** Runs a line. Returns its shell if it stays on. */
  async function runLine({ heading, command, output, at }: ReadmeLine): Promise<RunningShell | undefined> {
    const rule = rules[heading]?.find(({ matches }) => matches.test(command))
    const env = { KAFKA_PASSWORD: users.alice, ...rule?.env }
    // Where the README shows an output, it is that of a terminal.
    const start = (text: string) => root.start(text, rule?.cwd ?? '/work', env, output !== undefined)
    const expectEnd = (shell: RunningShell, text: string, exitCode: number | undefined, allowed: readonly number[]) =>
      expect([at, text, exitCode, shell.said().slice(-MAX_SHOWN_CHARACTERS)]).toEqual([
        at,
        text,
        expect.toBeOneOf([...allowed]),
        expect.anything(),
      ])
    for (const text of rule?.before ?? []) {
      const shell = start(text)
      expectEnd(shell, text, await shell.ended, [0])
    }
    const shell = start(`${toRun(command)}${asks.test(command) ? ' --yes' : ''}`)
    if (rule?.until === undefined) {
      expectEnd(shell, command, await shell.ended, [rule?.exitCode ?? 0])
    } else {
      await shell.shows(rule.until)
      if (rule.staysOn) return shell
      expectEnd(shell, command, await shell.interrupt(), [0, 130])
    }
    const said = shell.said().slice(-MAX_SHOWN_CHARACTERS)
    if (rule?.shows !== undefined) expect([command, said]).toEqual([command, expect.stringMatching(rule.shows)])
    if (output !== undefined) expect(said).toMatch(outputPattern(output))
    return undefined
  }

  test.each(headings.filter((heading) => heading !== firstHeading))(
    'runs the lines of the README under "%s"',
    { timeout: 240_000 },
    runHeading,
  )
})

test('the README still has every line that is excepted, and a line for every rule', () => {
  const commands = lines.map(({ command }) => command)
  expect(Object.keys(exceptions).filter((command) => !commands.includes(command))).toEqual([])
  const unused = Object.entries(rules).flatMap(([heading, own]) =>
    own.filter(({ matches }) => !lines.some((line) => line.heading === heading && matches.test(line.command))),
  )
  expect(unused).toEqual([])
  expect(lines.length).toBeGreaterThan(40)
})

/** Writes the part of a Rust service that crbus reads. */
function writeRustService(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const source = `#[derive(Serialize)]
pub enum OrderEvent {
    OrderPlaced { order_id: String, total: u64 },
}
`
  writeFileSync(join(folder, 'events.rs'), source)
}
