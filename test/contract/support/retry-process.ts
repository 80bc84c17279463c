import type { EventBus } from '../../../src/bus/event-bus.ts'
import { thisOperator } from '../../../src/cli/dead-letters/operator.ts'
import { openBoxes } from '../../../src/operations/dead-letters/boxes/open-boxes.ts'
import { OPEN } from '../../../src/operations/dead-letters/letter.ts'
import { applyRetry } from '../../../src/operations/dead-letters/sending/retry.ts'
import { openStoreSetup } from '../../../src/store/open.ts'
import { type BusAddress, openBus } from './open-bus.ts'

/** The task of this process: retries all dead letters, and kills itself before or after one of its writes. */
export interface RetryProcess {
  readonly address: BusAddress
  readonly store: string
  readonly topics: readonly string[]
  /** The number of the step at which the process kills itself: 1 is before the first write, 2 after it, and so on. */
  readonly dieAt: number
}

const { store, topics, dieAt, address } = JSON.parse(process.argv[2] ?? '') as RetryProcess
let step = 0

/** Runs a write, and kills the process before or after it if that is its step. */
async function stepped<T>(write: () => Promise<T>): Promise<T> {
  const die = () => {
    step += 1
    if (step === dieAt) process.kill(process.pid, 'SIGKILL')
  }
  die()
  const result = await write()
  die()
  return result
}

const opened = await openBus(address)
const log = new Proxy(opened.log, {
  get(target, name) {
    if (name === 'append')
      return (...args: Parameters<EventBus['log']['append']>) => stepped(() => target.append(...args))
    const value = Reflect.get(target, name)
    return typeof value === 'function' ? value.bind(target) : value
  },
})
const bus = new Proxy(opened, {
  get: (target, name) => (name === 'log' ? log : Reflect.get(target, name, target)),
})
const setup = await openStoreSetup(store)
const wants = (topic: string) => topics.includes(topic)
const { boxes } = await openBoxes({ bus, setup, wants, now: Date.now })
for (const box of boxes) {
  const { change } = box
  // Changes of letters in topics are appends, which are steps already.
  if (box.source === 'store') box.change = (changes) => stepped(() => change.call(box, changes))
}
const done = await applyRetry(bus, {
  boxes,
  selection: { statuses: OPEN, reading: {}, signal: new AbortController().signal },
  operator: thisOperator(process.env),
  now: Date.now,
  maxRetries: 3,
})
console.log(`done ${JSON.stringify({ retried: done.retried, alreadySent: done.alreadySent, steps: step })}`)
await opened.close()
await setup[Symbol.asyncDispose]()
