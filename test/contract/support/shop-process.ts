import { runAggregate, runSaga } from '../../../src/index.ts'
import { openEventStore } from '../../../src/store/open.ts'
import { makeShop, shopGroup } from '../../support/shop.ts'
import { type BusAddress, openBus } from './open-bus.ts'

/** The task of a process of a shop, as a test passes it to this program. */
export interface ShopProcess {
  readonly bus: BusAddress
  readonly store: string
  /** The prefix of the topics. */
  readonly prefix: string
  readonly roles: readonly ('order' | 'payment' | 'checkout')[]
  /** How long a payment may take. Default: half an hour. */
  readonly patience?: string
}

// Runs a part of a shop until it is killed. On SIGTERM it closes and prints how often its reducers were called.
const { bus: address, store: location, prefix, roles, patience } = JSON.parse(process.argv[2] ?? '') as ShopProcess
const { order, payment, checkout } = makeShop(prefix, patience)
const bus = await openBus(address)
const store = await openEventStore(location)
let reduced = 0

function counted<Part extends { readonly reduce: (...args: never[]) => unknown }>(part: Part): Part {
  const reduce = (...args: never[]) => {
    reduced += 1
    return part.reduce(...args)
  }
  return { ...part, reduce }
}

const onError = ({ message }: { readonly message: string }) => console.error(`${process.pid} ${message}`)
const running = await Promise.all(
  roles.map((role) => {
    const shared = { bus, store, onError, group: shopGroup(prefix, role) }
    if (role === 'checkout') return runSaga({ ...shared, saga: counted(checkout) })
    if (role === 'order') return runAggregate({ ...shared, aggregate: counted(order) })
    return runAggregate({ ...shared, aggregate: counted(payment) })
  }),
)
process.once('SIGTERM', async () => {
  await Promise.all(running.map((part) => part.close()))
  await bus.close()
  await store.close()
  console.log(`reduced ${reduced}`)
})
// The test may send the signal as soon as it reads this.
console.log('running')
