// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { type Aggregate, append, publish, type Reducer, reject } from 'crbus'
import type { InventoryAction, InventoryEvent, InventoryStatus } from './actions.ts'
import { inventoryCodec } from './codec.ts'
import { isDone, whyNotNow } from './rules.ts'

export const INVENTORY_EVENTS = 'inventory-events'
export const INVENTORY_COMMANDS = 'inventory-commands'

/** What the events have made of it so far. */
export interface InventoryState {
  readonly status: InventoryStatus
  readonly item: string
}

export const newInventory: InventoryState = {
  status: 'new',
  item: '',
}

/**
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command for what
 * was done already changes nothing, since messages may come twice; one that does not apply is refused.
 */
export const reduceInventory: Reducer<InventoryState, InventoryAction> = (state, action) => {
  switch (action.type) {
    case 'ReserveStock': {
      if (isDone(state.status, action.type, 'StockReserved')) return unchanged(state)
      const reason = whyNotNow(state.status, action.type)
      if (reason !== undefined) return refuse(state, reason)
      return emit(state, { ...action, type: 'StockReserved' })
    }
    case 'StockReserved':
      return unchanged({
        status: action.type,
        item: action.item,
      })
    case 'ReleaseStock': {
      if (isDone(state.status, action.type, 'StockReleased')) return unchanged(state)
      const reason = whyNotNow(state.status, action.type)
      if (reason !== undefined) return refuse(state, reason)
      return emit(state, { ...action, type: 'StockReleased' })
    }
    case 'StockReleased':
      return unchanged({ ...state, status: action.type })
  }
}

const unchanged = (state: InventoryState) => ({ state, effects: [] })

/** Stored first, published after: both or neither, also when the process dies between the two. */
const emit = (state: InventoryState, event: InventoryEvent) => ({
  state,
  effects: [append(event), publish(INVENTORY_EVENTS, event)],
})

/** Refuses a command that has no event for it: nothing changes, and the runtime keeps the command with the reason. */
const refuse = (state: InventoryState, reason: string) => ({ state, effects: [reject(reason)] })

export const inventoryAggregate: Aggregate<InventoryState, InventoryAction> = {
  name: 'inventory',
  events: INVENTORY_EVENTS,
  commands: INVENTORY_COMMANDS,
  initial: newInventory,
  reduce: reduceInventory,
  codec: inventoryCodec,
  idOf: (action) => action.order_id,
}
