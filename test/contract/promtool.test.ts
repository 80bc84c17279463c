import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { lagWindow } from '../../src/operations/lag/window.ts'
import { measure } from '../../src/operations/metrics/measurement.ts'
import { openEventStore, openStoreSetup } from '../../src/store/open.ts'
import { alertRules, formatAlertRules } from '../../src/ui/metrics/alert-rules.ts'
import { formatMetrics } from '../../src/ui/metrics/format-metrics.ts'
import { newTopic, numberedList, uniqueGroup } from './support/harness.ts'
import { named, one } from './support/store-harness.ts'

// `promtool` comes with Prometheus: .ci/run installs it. Without it, these tests fail.

const folder = mkdtempSync(join(tmpdir(), 'crbus-promtool-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a file and returns what promtool says about it. Rejects if promtool finds a fault. */
async function promtool(argv: readonly string[], files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const { stdout, stderr } = await execa('promtool', argv, { cwd: folder })
  return `${stdout}${stderr}`
}

test('promtool finds no fault in the names, types and texts of the metrics', async () => {
  await using bus = new EmbeddedEventBus({ path: join(folder, 'bus.db') })
  const location = join(folder, 'store.db')
  await using store = await openEventStore(location)
  await store.commit('orders', [one('order-1', 0, 'a', { messages: [{ topic: 'a-events', event: named('a') }] })])
  const topic = await newTopic(bus, 2)
  await bus.publish(topic, numberedList(9))
  await bus.admin.commitOffsets(uniqueGroup(), [{ topic, partition: 0, offset: 0n }])
  const measureLag = lagWindow(bus, { now: Date.now })
  const measured = await measure({ bus, measureLag, openStore: () => openStoreSetup(location) })
  const text = [...formatMetrics(measured, { version: '0.1.0', node: '24.0.0' })].join('')

  const { stdout, stderr } = await execa('promtool', ['check', 'metrics'], { input: text })

  expect(`${stdout}${stderr}`).toBe('')
})

const RULES = 'crbus-alerts.yml'

test('promtool accepts the alert rules', async () => {
  const said = await promtool(['check', 'rules', RULES], { [RULES]: formatAlertRules() })
  expect(said).toContain(`${alertRules.length} rules found`)
})

/** A series that holds for half an hour, with a value each minute, and the time from which its alert fires. */
const firing = [
  ['CrbusDown', 'crbus_up', '0x30', 5],
  ['CrbusGroupStopped', 'crbus_group_verdict{group="g",verdict="stopped"}', '1x30', 5],
  ['CrbusGroupStalled', 'crbus_group_verdict{group="g",verdict="stalled"}', '1x30', 5],
  ['CrbusGroupFallingBehind', 'crbus_group_verdict{group="g",verdict="falling-behind"}', '1x30', 10],
  ['CrbusGroupBeyondLog', 'crbus_group_verdict{group="g",verdict="beyond-the-log"}', '1x30', 1],
  ['CrbusPartitionsWithoutLeader', 'crbus_topic_leaderless_partitions{topic="t"}', '1x30', 2],
  ['CrbusUnderReplicated', 'crbus_topic_under_replicated_partitions{topic="t"}', '1x30', 15],
  ['CrbusStoreDown', 'crbus_store_up', '0x30', 5],
  ['CrbusOutboxStuck', 'crbus_store_outbox_age_seconds{owner="o"}', '301x30', 5],
  ['CrbusTimersOverdue', 'crbus_store_due_timer_age_seconds{owner="o"}', '61x30', 5],
  ['CrbusDeadLetters', 'crbus_store_dead_letters{kind="failed"}', '1x30', 1],
  ['CrbusSagaStuck', 'crbus_saga_stuck_age_seconds{saga="s"}', '301x30', 5],
] as const

test('each alert fires after its time, and not before', async () => {
  const tested = firing.map(([alert, series, values, minutes]) => {
    const [metric = '', labels = ''] = series.replace('}', '').split('{')
    const rule = alertRules.find((one) => one.alert === alert)
    const text = (template = '') =>
      template
        .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => new RegExp(`${label}="([^"]*)"`).exec(labels)?.[1] ?? '')
        .replace('{{ $value | humanizeDuration }}', values === '301x30' ? '5m 1s' : '1m 1s')
        .replace('{{ $value }}', values.split('x')[0] ?? '')
    const expected = {
      exp_labels: {
        severity: rule?.severity,
        ...Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
      },
      exp_annotations: { summary: text(rule?.summary), description: text(`next: ${rule?.next}`) },
    }
    return {
      interval: '1m',
      input_series: [{ series: labels === '' ? metric : `${metric}{${labels}}`, values }],
      alert_rule_test: [
        { eval_time: `${minutes * 60 - 1}s`, alertname: alert, exp_alerts: [] },
        { eval_time: `${minutes}m`, alertname: alert, exp_alerts: [expected] },
      ],
    }
  })
  const growing = {
    interval: '1m',
    input_series: [
      { series: 'crbus_store_outbox_age_seconds{owner="o"}', values: '120x30' },
      { series: 'crbus_store_outbox_messages{owner="o"}', values: '1+10x30' },
      { series: 'crbus_store_outbox_age_seconds{owner="steady"}', values: '120x30' },
      { series: 'crbus_store_outbox_messages{owner="steady"}', values: '5x30' },
      { series: 'crbus_up', values: '_x30' },
    ],
    promql_expr_test: [
      {
        expr: 'count by (alertname, owner, alertstate) (ALERTS{alertname=~"CrbusOutboxGrowing|CrbusMetricsMissing"})',
        eval_time: '20m',
        exp_samples: [
          { labels: '{alertname="CrbusMetricsMissing", alertstate="firing"}', value: 1 },
          { labels: '{alertname="CrbusOutboxGrowing", alertstate="firing", owner="o"}', value: 1 },
        ],
      },
    ],
  }
  expect(firing.length + 2).toBe(alertRules.length)
  // JSON is YAML.
  const tests = JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests: [...tested, growing] })
  const said = await promtool(['test', 'rules', 'tests.yml'], { [RULES]: formatAlertRules(), 'tests.yml': tests })
  expect(said).toContain('SUCCESS')
})
