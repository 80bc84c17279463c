import type { DoomedMember, MemberRequest } from './harness.ts'
import type { BusAddress } from './open-bus.ts'
import { startProcess } from './start-process.ts'

/** A group member in a process of its own, so that it can really be killed. */
export const startMemberProcess = (address: BusAddress, request: MemberRequest): Promise<DoomedMember> =>
  startProcess('member-process.ts', [address, request], 'holding')
