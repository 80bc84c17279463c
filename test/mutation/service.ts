import { mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import NewService from '../../src/commands/new/service.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { type Runnable, runCli } from '../commands/run-cli.ts'

const aggregates = {
  order: [
    'OrderPlaced:order_id=uuid,item=string,total=money',
    'OrderRejected:order_id=uuid,reason=string',
    'OrderShipped:order_id=uuid',
    'OrderCancelled:order_id=uuid,reason=string',
  ],
  stock: ['StockReserved:order_id=uuid,item=string', 'StockShortRejected:order_id=uuid', 'StockReleased:order_id=uuid'],
  payment: [
    'PaymentCompleted:order_id=uuid,total=money',
    'PaymentFailed:order_id=uuid,reason=string',
    'PaymentRefunded:order_id=uuid',
  ],
}

/** Makes a service of three aggregates and a saga over them, as `crbus new` does. Returns its folder. */
export async function makeService(lang: 'ts' | 'rust' = 'ts'): Promise<string> {
  const above = mkdtempSync(join(tmpdir(), 'crbus-mutants-'))
  const crbus = async (cwd: string, command: Runnable, ...argv: string[]) => {
    const result = await runCli(command, [...argv, '--no-install'], { broker: new MemoryBroker(), cwd })
    if (result.exitCode !== 0) throw new Error(result.stderr)
  }
  await crbus(above, NewService, 'shop', '--lang', lang)
  const shop = join(above, 'shop')
  for (const [name, events] of Object.entries(aggregates)) {
    await crbus(shop, NewAggregate, name, ...events.flatMap((event) => ['--event', event]))
  }
  await crbus(
    shop,
    NewSaga,
    'checkout',
    '--on',
    Object.keys(aggregates)
      .map((name) => `${name}-events`)
      .join(),
  )
  if (lang === 'ts') symlinkSync(new URL('../../node_modules', import.meta.url).pathname, join(shop, 'node_modules'))
  return shop
}
