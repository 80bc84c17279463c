import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { cargo, cargoTarget, composableRust, dependOnCheckout } from '../support/rust.ts'

const root = new URL('../..', import.meta.url).pathname
const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')

// `test/vitest.config.ts` excludes this file if there is no checkout of the framework to compile against.
describe.skipIf(brokers === '' || postgres === '')(
  'a service made of the Rust templates, on Kafka and Postgres',
  () => {
    const mark = Array.from({ length: 6 }, () => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(Math.random() * 26)]).join('')
    const [order, payment, saga] = [`order-${mark}`, `payment-${mark}`, `checkout-${mark}`]
    const pascal = (what: string) => `${what}${mark.charAt(0).toUpperCase()}${mark.slice(1)}`
    const database = `shop_${mark}`
    const url = Object.assign(new URL(postgres), { pathname: `/${database}` }).href
    let cwd: string
    let service: ChildProcess | undefined
    let ended: Promise<number | null>

    const crbus = (...argv: string[]) =>
      execa(process.execPath, [join(root, 'bin/crbus.js'), ...argv], { cwd, env: { NO_COLOR: '1' } })
    const onKafka = (...argv: string[]) => crbus(...argv, '-b', brokers)
    const sql = async (text: string, of: string) => {
      const client = new pg.Client({ connectionString: of })
      await client.connect()
      try {
        return (await client.query(text)).rows
      } finally {
        await client.end()
      }
    }

    beforeAll(async () => {
      cwd = mkdtempSync(join(tmpdir(), 'crbus-rust-'))
      await crbus('new', 'service', 'shop', '--lang', 'rust', '--no-install')
      cwd = join(cwd, 'shop')
      const add = (name: string, ...events: string[]) =>
        crbus('new', 'aggregate', name, '--no-install', ...events.flatMap((event) => ['--event', event]))
      const [placed, cancelled] = ['Placed', 'Cancelled'].map((last) => `${pascal('Order')}${last}`)
      await add(order, `${placed}:order_id=uuid,total=money`, `${cancelled}:order_id=uuid,reason=string`)
      const [completed, failed] = ['Completed', 'Failed'].map((last) => `${pascal('Payment')}${last}`)
      await add(payment, `${completed}:order_id=uuid,amount=money`, `${failed}:order_id=uuid,reason=string`)
      // The events of an order have no field named like the amount of a payment.
      const amount = `Complete${pascal('Payment')}.amount=total`
      const on = `${order}-events,${payment}-events`
      await crbus('new', 'saga', saga, '--on', on, '--field', amount, '--no-install')
      dependOnCheckout(cwd, composableRust ?? '')
      cargo(cwd, 'build', '--quiet', '--all-features')
      await crbus('schema', 'import', '.', '--root', `${pascal('Checkout')}Action`, '--topic', `${saga}-events`)
      await onKafka('topics', 'apply', '--yes')
      await sql(`create database ${database}`, postgres)
      service = spawn(join(cargoTarget, 'debug/shop'), {
        env: { ...process.env, REDPANDA_BROKERS: brokers, DATABASE_URL: url },
        stdio: 'ignore',
      })
      ended = new Promise((resolve) => service?.once('exit', resolve))
    }, 3_600_000)

    afterAll(() => {
      service?.kill('SIGKILL')
    })

    test('completes or compensates every checkout', async () => {
      const count = 30
      const ids = Array.from({ length: count }, () => crypto.randomUUID())
      // The sample rule of the payment rejects the total of every third order.
      const totalOf = (index: number) => (index % 3 === 2 ? 150_000 : 1000 + index)
      for (const [index, order_id] of ids.entries()) {
        const data = JSON.stringify({ order_id, total: totalOf(index) })
        const type = `Place${pascal('Order')}.v1`
        await onKafka('publish', `${order}-commands`, '--type', type, '--data', data, '--correlation-id', `c-${index}`)
      }
      const { stdout } = await onKafka('tail', `${saga}-events`, '--from', 'start', '-n', `${count}`, '-o', 'json')
      const outcomes = stdout.split('\n').map((line) => JSON.parse(line))
      const ends = new Map(outcomes.map(({ metadata, variant }) => [metadata.correlation_id, variant]))
      const name = (outcome: string) => `${pascal('Checkout')}${outcome}`
      const wanted = ids.map((_, index) => [`c-${index}`, name(index % 3 === 2 ? 'Failed' : 'Completed')] as const)
      expect(ends).toEqual(new Map(wanted))
      expect(outcomes).toHaveLength(count)

      const { stdout: told } = await onKafka(
        'tail',
        `${order}-events`,
        `${payment}-events`,
        '--from',
        'start',
        '-e',
        '-o',
        '%t %y %v',
      )
      const lines = told.split('\n')
      expect(lines.filter((line) => line.includes(`${pascal('Order')}Cancelled`))).toHaveLength(count / 3)
      expect(lines.filter((line) => line.includes(`${pascal('Payment')}Completed`))).toHaveLength((count / 3) * 2)
      // The saga stores the events that it received in its own streams.
      const stored = await sql(
        "select event_type, count(*)::int from events where stream_id not like 'checkout-%' group by 1",
        url,
      )
      expect(stored).toHaveLength(4)
      for (const { event_type, count: times } of stored) {
        expect(lines.filter((line) => line.includes(` ${event_type} `))).toHaveLength(times)
      }
    }, 600_000)

    test('handles the commands for an order in the sequence in which they were sent, and stores refused ones as dead letters', async () => {
      const pairs = 150
      const message = (verb: string, data: object) => {
        const event_type = `${verb}${pascal('Order')}.v1`
        // The framework's bus uses the event type as the record key of a command.
        return JSON.stringify({ key: event_type, event_type, data })
      }
      const place = (order_id: string) => message('Place', { order_id, total: 1000 })
      const cancel = (order_id: string) => message('Cancel', { order_id, reason: 'changed' })
      const idsOfPairs = () => Array.from({ length: pairs }, () => crypto.randomUUID())
      const [applied, refused] = [idsOfPairs(), idsOfPairs()]
      // If the commands were handled type by type, some cancellations would get the opposite result.
      const input = applied.flatMap((id, index) => {
        const other = refused[index] ?? ''
        return [place(id), cancel(id), cancel(other), place(other)]
      })
      const ofOrders = `from events where stream_id like '${order}-%'`
      const [before] = await sql(`select count(*)::int ${ofOrders}`, url)
      const argv = [join(root, 'bin/crbus.js'), 'publish', `${order}-commands`, '-b', brokers]
      await execa(process.execPath, argv, { cwd, input: input.join('\n') })
      const expected = before.count + 3 * pairs
      await onKafka('tail', `${order}-events`, '--from', 'start', '-n', `${expected}`, '-o', '%y')

      const streams = (ids: readonly string[]) => ids.map((id) => `${order}-${id}`).sort()
      const cancelled = `${pascal('Order')}Cancelled`
      const stored = await sql(`select stream_id ${ofOrders} and event_type = '${cancelled}.v1'`, url)
      const found = new Set(stored.map(({ stream_id }) => stream_id))
      expect(streams(applied).filter((stream) => !found.has(stream))).toEqual([])
      expect(streams(refused).filter((stream) => found.has(stream))).toEqual([])
      const letters = await sql('select stream_id, event_type, error_message, status from failed_events', url)
      expect(letters.map(({ stream_id }) => stream_id).sort()).toEqual(streams(refused))
      expect(letters[0]).toMatchObject({
        event_type: `Cancel${pascal('Order')}.v1`,
        error_message: `${cancelled} may not follow New`,
        status: 'pending',
      })
    }, 300_000)

    test('ends with exit code 0 on SIGTERM', async () => {
      service?.kill('SIGTERM')
      expect(await ended).toBe(0)
    }, 120_000)
  },
)
