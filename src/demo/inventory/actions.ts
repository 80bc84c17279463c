// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// What may be asked of it, and what happens to it. Events stay for ever: a field that comes later is optional.

/** Asks for StockReserved. */
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

/** Asks for StockReleased. */
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

/** How far one of them is: the last event that changed it. */
export type InventoryStatus = 'new' | 'StockReserved' | 'StockReleased'
