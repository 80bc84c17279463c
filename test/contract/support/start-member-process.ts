import type { DoomedMember, MemberRequest } from './harness.ts'
import type { BusAddress } from './open-bus.ts'
import { startProcess } from './start-process.ts'

/** Starts a group member in a separate process, which can be killed. */
export const startMemberProcess = (address: BusAddress, request: MemberRequest): Promise<DoomedMember> =>
  startProcess('member-process.ts', [address, request], 'holding')
