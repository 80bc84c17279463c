// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { type Aggregate, append, publish, type Reducer, reject } from 'crbus'
import type { InventoryAction, InventoryEvent, InventoryStatus } from './actions.ts'
import { inventoryCodec } from './codec.ts'
import { isDone, whyNotNow } from './rules.ts'

export const INVENTORY_EVENTS = 'inventory-events'
export const INVENTORY_COMMANDS = 'inventory-commands'

/** The state after the events so far. */
export interface InventoryState {
  readonly status: InventoryStatus
  readonly item: string
}

export const newInventory: InventoryState = {
  status: 'new',
  item: '',
}

/**
 * Turns commands into events, and events into the next state. The function is pure: it uses no clock, no database and no random
 * numbers. Messages may be delivered twice, so a command that was carried out already changes nothing. A command that does not
 * apply is refused.
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

/** Stores an event and then publishes it. If the process dies in between, the event is published after the restart. */
const emit = (state: InventoryState, event: InventoryEvent) => ({
  state,
  effects: [append(event), publish(INVENTORY_EVENTS, event)],
})

/** Refuses a command that has no failure event. The runtime keeps the command as a dead letter with the reason. */
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
