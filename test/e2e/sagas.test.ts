import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { runDemoService } from '../support/demo-service.ts'

const root = new URL('../..', import.meta.url).pathname
/** A service with the saga of the demo, which has run. */
const folder = mkdtempSync(join(tmpdir(), 'crbus-sagas-'))

beforeAll(async () => {
  cpSync(join(root, 'src/demo/checkout'), join(folder, 'src/checkout'), { recursive: true })
  cpSync(join(root, 'src/demo/part.ts'), join(folder, 'src/part.ts'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/crbus'))
  mkdirSync(join(folder, 'sagas'))
  const description = {
    ...{ crbus_saga: 1, saga: 'checkout', topics: ['order-events', 'inventory-events', 'payment-events'] },
    ...{ events: ['checkout-events'], commands: ['order-commands', 'inventory-commands', 'payment-commands'] },
    ...{ startedBy: ['OrderPlaced'], completedBy: ['CheckoutCompleted'], compensatedBy: ['CheckoutFailed'] },
    code: 'src/checkout/saga.ts#checkoutSaga',
  }
  writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(description))
  mkdirSync(join(folder, 'data'))
  await using bus = new EmbeddedEventBus({ path: join(folder, 'data/bus.db') })
  await using store = new SqliteEventStore({ path: join(folder, 'data/store.db') })
  await runDemoService(bus, store, { checkouts: 3, until: /^Checkout(Completed|Failed)/ })
})
afterAll(() => rmSync(folder, { recursive: true }))

const crbus = (...argv: string[]) =>
  execa(process.execPath, [join(root, 'bin/crbus.js'), ...argv, '--data-dir', 'data'], {
    ...{ cwd: folder, env: { HOME: folder, CRBUS_STORE: '' }, reject: false },
  })

test('the built sagas show runs the code of a service, whose stdout does not disturb the answer', async () => {
  writeFileSync(
    join(folder, 'src/loud.ts'),
    "console.log('loud')\nexport { checkoutSaga } from './checkout/saga.ts'\nsetInterval(() => {}, 1000)\n",
  )
  const { stdout, exitCode } = await crbus(
    'sagas',
    'show',
    'checkout-1',
    '--code',
    'src/loud.ts#checkoutSaga',
    '--json',
    '--what-if',
  )
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    state: 'completed',
    replay: { state: { status: 'completed' }, failed: null, differences: [] },
  })
})

test('the code of a service does not get the secrets of connections', async () => {
  writeFileSync(
    join(folder, 'src/curious.ts'),
    "import { checkoutSaga } from './checkout/saga.ts'\nconsole.error('password', process.env.CRBUS_SASL_PASSWORD)\nprocess.exit(1)\nexport { checkoutSaga }\n",
  )
  const { stderr } = await execa(
    process.execPath,
    [
      join(root, 'bin/crbus.js'),
      'sagas',
      'show',
      'checkout-1',
      '--code',
      'src/curious.ts#checkoutSaga',
      '--data-dir',
      'data',
    ],
    { cwd: folder, env: { HOME: folder, CRBUS_STORE: '', CRBUS_SASL_PASSWORD: 'hunter2' }, reject: false },
  )
  expect(stderr).toContain('ended with exit code 1')
  expect(stderr).toContain('password undefined')
})

test('the built sagas list reads a store and a bus', async () => {
  const { stdout, exitCode } = await crbus('sagas', 'list', '--json')
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout).sagas).toMatchObject([{ source: 'store', counts: { completed: 2, compensated: 1 } }])
})
