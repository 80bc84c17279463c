/** A query of a panel. `$group`, `$topic` and `$__rate_interval` are variables of Grafana. */
interface Query {
  readonly expr: string
  /** The name of a series, with its labels in braces. */
  readonly legend: string
}

interface Panel {
  readonly title: string
  readonly description: string
  /** `stat` shows the last value, `timeseries` a graph. */
  readonly type: 'stat' | 'timeseries'
  /** The name of a unit of Grafana. */
  readonly unit: 'short' | 's' | 'bytes' | 'cps'
  readonly queries: readonly Query[]
  /** The value from which it is red; below, it is green. Absent: the colors of the series. */
  readonly redFrom?: number
  /** The words for values, such as 0 and 1. */
  readonly words?: Readonly<Record<number, string>>
}

const upOrDown = { 0: 'down', 1: 'up' }

const stats: readonly Panel[] = [
  {
    title: 'Bus',
    description: 'Whether crbus could measure the bus.',
    type: 'stat',
    unit: 'short',
    queries: [{ expr: 'min(crbus_up)', legend: 'bus' }],
    words: upOrDown,
  },
  {
    title: 'Groups by verdict',
    description: 'The number of consumer groups with each verdict. "crbus lag --help" says what the verdicts mean.',
    type: 'stat',
    unit: 'short',
    queries: [{ expr: 'sum by (verdict) (crbus_group_verdict{group=~"$group"}) > 0', legend: '{{verdict}}' }],
  },
  {
    title: 'Outbox',
    description: 'Messages of the event store that are not published yet.',
    type: 'stat',
    unit: 'short',
    queries: [{ expr: 'sum(crbus_store_outbox_messages)', legend: 'messages' }],
  },
  {
    title: 'Dead letters',
    description: 'Open dead letters: failed events and rejected commands.',
    type: 'stat',
    unit: 'short',
    queries: [{ expr: 'sum by (kind) (crbus_store_dead_letters)', legend: '{{kind}}' }],
    redFrom: 1,
  },
]

const graphs: readonly Panel[] = [
  {
    title: 'Lag in events',
    description: 'Events that wait for each group.',
    type: 'timeseries',
    unit: 'short',
    queries: [{ expr: 'sum by (group) (crbus_group_lag_events{group=~"$group"})', legend: '{{group}}' }],
  },
  {
    title: 'Lag in time',
    description: 'Age of the first event that waits for each group.',
    type: 'timeseries',
    unit: 's',
    queries: [{ expr: 'max by (group) (crbus_group_lag_seconds{group=~"$group"})', legend: '{{group}}' }],
  },
  {
    title: 'Time to catch up',
    description: 'Time until no event waits, at the present rates. Absent for a group whose lag does not shrink.',
    type: 'timeseries',
    unit: 's',
    queries: [{ expr: 'max by (group) (crbus_group_catch_up_seconds{group=~"$group"})', legend: '{{group}}' }],
  },
  {
    title: 'Events in, by topic',
    description: 'Offsets written per second.',
    type: 'timeseries',
    unit: 'cps',
    queries: [
      {
        expr: 'sum by (topic) (rate(crbus_topic_offsets_total{topic=~"$topic"}[$__rate_interval]))',
        legend: '{{topic}}',
      },
    ],
  },
  {
    title: 'Events out, by group',
    description: 'Offsets committed per second. A reset to earlier offsets counts as 0.',
    type: 'timeseries',
    unit: 'cps',
    queries: [
      {
        expr: 'sum by (group) (clamp_min(deriv(crbus_group_committed_offset{group=~"$group"}[$__rate_interval]), 0))',
        legend: '{{group}}',
      },
    ],
  },
  {
    title: 'Members',
    description: 'Members of each group.',
    type: 'timeseries',
    unit: 'short',
    queries: [{ expr: 'max by (group) (crbus_group_members{group=~"$group"})', legend: '{{group}}' }],
  },
  {
    title: 'Events in topics',
    description: 'Offsets between the start and the end of each log.',
    type: 'timeseries',
    unit: 'short',
    queries: [
      {
        expr: 'sum by (topic) (crbus_topic_offsets_total{topic=~"$topic"} - crbus_topic_start_offset{topic=~"$topic"})',
        legend: '{{topic}}',
      },
    ],
  },
  {
    title: 'Size of topics',
    description: 'Bytes of the logs, without replicas. The embedded bus does not know the sizes of its topics.',
    type: 'timeseries',
    unit: 'bytes',
    queries: [{ expr: 'max by (topic) (crbus_topic_size_bytes{topic=~"$topic"})', legend: '{{topic}}' }],
  },
  {
    title: 'Partitions that need attention',
    description: 'Partitions with replicas that are not in sync, or without a leader.',
    type: 'timeseries',
    unit: 'short',
    queries: [
      {
        expr: 'sum by (topic) (crbus_topic_under_replicated_partitions{topic=~"$topic"})',
        legend: '{{topic}} under-replicated',
      },
      { expr: 'sum by (topic) (crbus_topic_leaderless_partitions{topic=~"$topic"})', legend: '{{topic}} leaderless' },
    ],
  },
  {
    title: 'Outbox and timers',
    description: 'Messages that are not published yet, and timers whose time has come.',
    type: 'timeseries',
    unit: 'short',
    queries: [
      { expr: 'sum by (owner) (crbus_store_outbox_messages)', legend: '{{owner}} messages' },
      { expr: 'sum by (owner) (crbus_store_due_timers)', legend: '{{owner}} due timers' },
    ],
  },
  {
    title: 'Age of outbox and timers',
    description: 'How long the oldest message and the first due timer have waited.',
    type: 'timeseries',
    unit: 's',
    queries: [
      { expr: 'max by (owner) (crbus_store_outbox_age_seconds)', legend: '{{owner}} outbox' },
      { expr: 'max by (owner) (crbus_store_due_timer_age_seconds)', legend: '{{owner}} due timer' },
    ],
  },
  {
    title: 'Dead letters',
    description: 'Open dead letters: failed events and rejected commands.',
    type: 'timeseries',
    unit: 'short',
    queries: [{ expr: 'sum by (kind) (crbus_store_dead_letters)', legend: '{{kind}}' }],
  },
  {
    title: 'Sagas',
    description: 'Conversations of the last day that are running, stuck or failed (crbus metrics --sagas).',
    type: 'timeseries',
    unit: 'short',
    queries: [
      {
        expr: 'sum by (saga, state) (crbus_saga_instances{state=~"running|stuck|failed"})',
        legend: '{{saga}} {{state}}',
      },
    ],
  },
  {
    title: 'Duration of measurements',
    description: 'How long crbus took to measure for a scrape.',
    type: 'timeseries',
    unit: 's',
    queries: [{ expr: 'max by (instance) (crbus_scrape_duration_seconds)', legend: '{{instance}}' }],
  },
]

/** All queries of the dashboard. */
export const dashboardQueries: readonly string[] = [...stats, ...graphs].flatMap(({ queries }) =>
  queries.map(({ expr }) => expr),
)

const DATASOURCE = { type: 'prometheus', uid: '$datasource' }
/** The width of a dashboard, in columns of Grafana. */
const GRID_COLUMNS = 24

/** Arranges panels from left to right and from top to bottom, beginning at a row of the grid. */
const placed = (panels: readonly Panel[], w: number, h: number, top: number) =>
  panels.map((panel, at) => {
    const perRow = GRID_COLUMNS / w
    return { panel, gridPos: { h, w, x: (at % perRow) * w, y: top + Math.floor(at / perRow) * h } }
  })

const STAT_HEIGHT = 4

/** Formats the dashboard for Grafana 9 and later, which imports it or reads it from a provisioned folder. */
export function formatDashboard(): string {
  const panels = [...placed(stats, 6, STAT_HEIGHT, 0), ...placed(graphs, 8, 8, STAT_HEIGHT)]
  const dashboard = {
    uid: 'crbus',
    title: 'crbus',
    description: 'Consumer groups, topics and the event store, measured by "crbus metrics --listen".',
    tags: ['crbus', 'kafka'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        labelVariable('group', 'crbus_group_members'),
        labelVariable('topic', 'crbus_topic_partitions'),
      ],
    },
    panels: panels.map(({ panel, gridPos }, at) => toPanel(panel, at + 1, gridPos)),
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

/** A variable with the values of a label, of which the user chooses some or all. */
const labelVariable = (label: string, metric: string) => ({
  name: label,
  label: label === 'group' ? 'Group' : 'Topic',
  type: 'query',
  datasource: DATASOURCE,
  query: { query: `label_values(${metric}, ${label})`, refId: label },
  refresh: 2,
  includeAll: true,
  allValue: '.*',
  multi: true,
  sort: 1,
  current: { text: 'All', value: '$__all' },
})

function toPanel({ title, description, type, unit, queries, redFrom, words }: Panel, id: number, gridPos: object) {
  const steps = [
    { color: words === undefined ? 'green' : 'red', value: null },
    ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }]),
    ...(words === undefined ? [] : [{ color: 'green', value: 1 }]),
  ]
  const options = Object.fromEntries(Object.entries(words ?? {}).map(([value, text]) => [value, { text }]))
  return {
    id,
    title,
    description,
    type,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(type === 'stat' ? { thresholds: { mode: 'absolute', steps } } : {}),
        ...(words === undefined ? {} : { mappings: [{ type: 'value', options }] }),
      },
      overrides: [],
    },
    ...(type === 'stat' ? { options: { reduceOptions: { calcs: ['lastNotNull'] }, textMode: 'value_and_name' } } : {}),
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
  }
}
