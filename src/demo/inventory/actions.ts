// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// The commands and events of the inventory. Stored events never change, so make every field that you add later optional.

/** Command that leads to StockReserved. */
export interface ReserveStock {
  readonly type: 'ReserveStock'
  readonly order_id: string
  readonly item: string
}

export interface StockReserved {
  readonly type: 'StockReserved'
  readonly order_id: string
  readonly item: string
}

/** Command that leads to StockReleased. */
export interface ReleaseStock {
  readonly type: 'ReleaseStock'
  readonly order_id: string
  readonly item: string
}

export interface StockReleased {
  readonly type: 'StockReleased'
  readonly order_id: string
  readonly item: string
}

export type InventoryCommand = ReserveStock | ReleaseStock
export type InventoryEvent = StockReserved | StockReleased
export type InventoryAction = InventoryCommand | InventoryEvent

/** The last event that changed the inventory, or `new` before the first one. */
export type InventoryStatus = 'new' | 'StockReserved' | 'StockReleased'
