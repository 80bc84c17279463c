import { join } from 'node:path'
import type { EventBus } from '../bus/event-bus.ts'
import { indexPath } from '../event-index/event-index.ts'
import type { Context } from './process/context.ts'

/** Returns the path of the event index of a bus, in the user's state folder. */
export async function eventIndexPath(bus: EventBus, { stateFolder }: Pick<Context, 'stateFolder'>): Promise<string> {
  const { clusterId } = await bus.admin.describeCluster()
  return indexPath(join(stateFolder, 'index'), clusterId)
}
