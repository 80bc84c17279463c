import type { Build } from '../../ui/metrics/format-metrics.ts'

/** Names the versions of crbus and of the Node that runs it. */
export const buildOf = (version: string): Build => ({ version, node: process.versions.node })
