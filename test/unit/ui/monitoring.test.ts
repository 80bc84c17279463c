import { parser } from '@prometheus-io/lezer-promql'
import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { alertRules, formatAlertRules } from '../../../src/ui/metrics/alert-rules.ts'
import { dashboardQueries, formatDashboard } from '../../../src/ui/metrics/dashboard.ts'

/** The queries as Prometheus gets them: Grafana replaces its variables. */
const queries = [
  ...dashboardQueries.map((query) => query.replaceAll('$__rate_interval', '5m')),
  ...alertRules.map(({ expr }) => expr),
]

/** Returns the parts of a query that the grammar of Prometheus does not know. */
function unparsed(query: string): string[] {
  const errors: string[] = []
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(`${query.slice(0, from)}▸${query.slice(from, to)}`)
    },
  })
  return errors
}

describe('the dashboard and the alert rules', () => {
  test.each(queries)('the grammar of Prometheus knows %s', (query) => {
    expect(unparsed(query)).toEqual([])
  })

  test('the grammar rejects a broken query', () => {
    expect(unparsed('sum by (group (crbus_up)')).not.toEqual([])
  })

  test('the file of rules is YAML with all rules, each with a severity, a summary and what to do next', () => {
    const { groups } = load(formatAlertRules()) as { groups: { name: string; rules: object[] }[] }
    expect(groups).toEqual([
      {
        name: 'crbus',
        rules: alertRules.map(({ alert, expr, for: duration, severity, summary, next }) => ({
          ...{ alert, expr, for: duration, labels: { severity } },
          annotations: { summary, description: `next: ${next}` },
        })),
      },
    ])
    expect(new Set(alertRules.map(({ alert }) => alert)).size).toBe(alertRules.length)
  })

  test('all panels have a data source that the user chooses, an id of their own, and a place of their own', () => {
    const { panels, templating } = JSON.parse(formatDashboard())
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    const cells = new Set<string>()
    for (const { datasource, targets, gridPos } of panels) {
      for (const { uid } of [datasource, ...targets.map((target: { datasource: object }) => target.datasource)])
        expect(uid).toBe('$datasource')
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(x).toBeLessThan(24)
          expect(cells.has(`${x} ${y}`)).toBe(false)
          cells.add(`${x} ${y}`)
        }
      }
    }
    expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(panels.length)
  })
})
