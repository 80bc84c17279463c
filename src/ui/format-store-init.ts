import type { StoreInitPlan } from '../operations/store/init.ts'
import { formatTable } from './text/table.ts'

/** Formats the tables and indexes of a store, each with whether it exists. */
export const formatStoreInit = ({ parts }: StoreInitPlan, width: number | undefined): string =>
  formatTable(
    ['KIND', 'NAME', 'TABLE', 'STATE'],
    parts.map(({ kind, name, table, exists }) => [kind, name, table, exists ? 'exists' : 'missing']),
    width,
  )
