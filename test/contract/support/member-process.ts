import type { MemberRequest } from './harness.ts'
import { type BusAddress, openBus } from './open-bus.ts'

const [address, request] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [BusAddress, MemberRequest]
const bus = await openBus(address)
const stream = await bus.subscribe([request.topic], { group: request.group, autoOffsetReset: 'earliest' })
for (let taken = 0; taken < request.take; taken += 1) await stream.next()
console.log('holding')
// Keeps the process and its heartbeats running until it is killed.
setInterval(() => undefined, 60_000)
