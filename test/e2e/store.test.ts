import { execa } from 'execa'
import { describe, expect, inject, test } from 'vitest'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { newSchema } from '../contract/support/postgres-schema.ts'

const postgres = inject('postgresUrl')
const crbusPath = new URL('../../bin/crbus.js', import.meta.url).pathname
const crbus = (argv: readonly string[], env: Readonly<Record<string, string>>) =>
  execa(process.execPath, [crbusPath, ...argv], { env: { CRBUS_STORE: '', ...env }, reject: false, all: true })

if (postgres === '') describe.skip('store init: no Postgres to test on', () => test('store init', () => {}))
else {
  test('the built store init creates the tables on Postgres', async () => {
    const url = await newSchema(postgres)
    const env = { DATABASE_URL: url }
    const planned = await crbus(['store', 'init', '--dry-run'], env)
    expect(planned).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/table +events +events +missing/) })

    const made = await crbus(['store', 'init', '--yes', '--json'], env)
    expect(made.exitCode).toBe(0)
    const { kind, applied, created, location } = JSON.parse(made.stdout)
    expect({ kind, applied, tables: created.filter((part: { kind: string }) => part.kind === 'table').length }).toEqual(
      {
        kind: 'postgres',
        applied: true,
        tables: 5,
      },
    )
    expect(location).toBe(`postgres://${new URL(postgres).host}${new URL(postgres).pathname}`)
    await using store = new PostgresEventStore({ url })
    expect(await store.readStream('order-1')).toEqual([])

    const again = await crbus(['store', 'init'], env)
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('has all its tables') })
  })

  test('the built store init reports a failed login without the password', async () => {
    const url = Object.assign(new URL(postgres), { password: 'hunter2' }).href
    for (const argv of [['--debug'], ['--json'], []]) {
      const { exitCode, all } = await crbus(['store', 'init', '--store', url, ...argv], {})
      expect(exitCode).toBe(3)
      expect(all).toContain('the user or the password is wrong')
      expect(all).not.toContain('hunter2')
    }
  })
}
