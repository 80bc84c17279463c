import type { StoreInitPlan } from '../operations/store/init.ts'
import { formatTable } from './text/table.ts'

/** The tables and indexes of a store, and which of them are missing. */
export const formatStoreInit = ({ parts }: StoreInitPlan): string =>
  formatTable(
    ['KIND', 'NAME', 'TABLE', 'STATE'],
    parts.map(({ kind, name, table, exists }) => [kind, name, table, exists ? 'there' : 'missing']),
  )
