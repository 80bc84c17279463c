import { type Aggregate, append, publish, type Reducer } from 'crbus'
import type { InventoryAction, InventoryEvent } from './actions.ts'
import { inventoryCodec } from './codec.ts'

export const INVENTORY_EVENTS = 'inventory-events'
export const INVENTORY_COMMANDS = 'inventory-commands'

/** What the events have made of it so far. */
export interface InventoryState {
  /** The last event that changed it. */
  readonly status: 'new' | InventoryEvent['type']
  readonly item: string
}

export const newInventory: InventoryState = {
  status: 'new',
  item: '',
}

/**
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command that
 * does not apply changes nothing, since messages may come twice.
 */
export const reduceInventory: Reducer<InventoryState, InventoryAction> = (state, action) => {
  switch (action.type) {
    case 'ReserveStock':
      if (state.status !== 'new') return { state, effects: [] }
      return emit(state, { ...action, type: 'StockReserved' })
    case 'StockReserved':
      return {
        state: {
          ...state,
          status: action.type,
          item: action.item,
        },
        effects: [],
      }
    case 'ReleaseStock':
      if (state.status === 'new' || state.status === 'StockReleased') return { state, effects: [] }
      return emit(state, { ...action, type: 'StockReleased' })
    case 'StockReleased':
      return { state: { ...state, status: action.type }, effects: [] }
  }
}

/** Stored first, published after: both or neither, also when the process dies between the two. */
const emit = (state: InventoryState, event: InventoryEvent) => ({
  state,
  effects: [append(event), publish(INVENTORY_EVENTS, event)],
})

export const inventoryAggregate: Aggregate<InventoryState, InventoryAction> = {
  name: 'inventory',
  events: INVENTORY_EVENTS,
  commands: INVENTORY_COMMANDS,
  initial: newInventory,
  reduce: reduceInventory,
  codec: inventoryCodec,
  idOf: (action) => action.order_id,
}
