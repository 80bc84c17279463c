import { alertRules } from '../../src/ui/metrics/alert-rules.ts'
import { dashboardQueries } from '../../src/ui/metrics/dashboard.ts'

/** The names of all metrics in the queries of the dashboard and the alert rules. */
export const queriedMetrics: readonly string[] = [
  ...new Set(
    [...dashboardQueries, ...alertRules.map(({ expr }) => expr)].flatMap((query) => query.match(/crbus_\w+/g) ?? []),
  ),
].sort()
