/** A rule of Prometheus. In texts, `{{ $labels.group }}` is the group that the rule is about. */
interface AlertRule {
  readonly alert: string
  readonly expr: string
  /** How long the expression must hold, so that a restart or a single slow scrape does not raise an alert. */
  readonly for: string
  readonly severity: 'critical' | 'warning'
  readonly summary: string
  /** What to type, or to look at, next. */
  readonly next: string
}

const verdict = (name: string): string => `crbus_group_verdict{verdict="${name}"} == 1`

/** The alerts of crbus, by subject. */
export const alertRules: readonly AlertRule[] = [
  {
    alert: 'CrbusDown',
    expr: 'crbus_up == 0',
    for: '5m',
    severity: 'critical',
    summary: 'crbus on {{ $labels.instance }} cannot measure the bus',
    next: 'crbus doctor connection',
  },
  {
    alert: 'CrbusMetricsMissing',
    expr: 'absent(crbus_up)',
    for: '10m',
    severity: 'critical',
    summary: 'Prometheus receives no metrics of crbus',
    next: 'check that "crbus metrics --listen" runs, and the scrape configuration',
  },
  {
    alert: 'CrbusGroupBeyondLog',
    expr: verdict('beyond-the-log'),
    for: '1m',
    severity: 'critical',
    summary:
      'group {{ $labels.group }} has committed an offset outside the log, so events were lost or the topic is gone',
    next: 'crbus lag --group {{ $labels.group }}',
  },
  {
    alert: 'CrbusGroupStopped',
    expr: verdict('stopped'),
    for: '5m',
    severity: 'critical',
    summary: 'events wait for group {{ $labels.group }}, and no member reads them',
    next: 'start the service, then crbus groups members {{ $labels.group }}',
  },
  {
    alert: 'CrbusGroupStalled',
    expr: verdict('stalled'),
    for: '5m',
    severity: 'critical',
    summary: 'group {{ $labels.group }} has members, but commits nothing',
    next: 'crbus doctor slow --group {{ $labels.group }}',
  },
  {
    alert: 'CrbusGroupFallingBehind',
    expr: verdict('falling-behind'),
    for: '10m',
    severity: 'warning',
    summary: 'group {{ $labels.group }} processes fewer events than are written',
    next: 'crbus doctor slow --group {{ $labels.group }}',
  },
  {
    alert: 'CrbusPartitionsWithoutLeader',
    expr: 'crbus_topic_leaderless_partitions > 0',
    for: '2m',
    severity: 'critical',
    summary: '{{ $value }} partitions of {{ $labels.topic }} have no leader, and can be neither read nor written',
    next: 'crbus topics describe {{ $labels.topic }}',
  },
  {
    alert: 'CrbusUnderReplicated',
    expr: 'crbus_topic_under_replicated_partitions > 0',
    for: '15m',
    severity: 'warning',
    summary: '{{ $value }} partitions of {{ $labels.topic }} have replicas that are not in sync',
    next: 'crbus topics describe {{ $labels.topic }}',
  },
  {
    alert: 'CrbusStoreDown',
    expr: 'crbus_store_up == 0',
    for: '5m',
    severity: 'critical',
    summary: 'crbus on {{ $labels.instance }} cannot measure the event store',
    next: 'crbus doctor',
  },
  {
    alert: 'CrbusOutboxGrowing',
    expr: 'crbus_store_outbox_age_seconds > 60 and deriv(crbus_store_outbox_messages[10m]) > 0',
    for: '5m',
    severity: 'warning',
    summary: 'the outbox of {{ $labels.owner }} grows, because messages are stored faster than they are published',
    next: 'crbus doctor',
  },
  {
    alert: 'CrbusOutboxStuck',
    expr: 'crbus_store_outbox_age_seconds > 300',
    for: '5m',
    severity: 'critical',
    summary: 'the oldest message in the outbox of {{ $labels.owner }} has waited for {{ $value | humanizeDuration }}',
    next: 'crbus doctor',
  },
  {
    alert: 'CrbusTimersOverdue',
    expr: 'crbus_store_due_timer_age_seconds > 60',
    for: '5m',
    severity: 'warning',
    summary: 'a timer of {{ $labels.owner }} is overdue by {{ $value | humanizeDuration }}',
    next: 'crbus doctor',
  },
  {
    alert: 'CrbusDeadLetters',
    expr: 'crbus_store_dead_letters{kind="failed"} > 0',
    for: '1m',
    severity: 'warning',
    summary: '{{ $value }} events could not be handled or published, and are open dead letters',
    next: 'crbus doctor',
  },
  {
    alert: 'CrbusSagaStuck',
    expr: 'crbus_saga_stuck_age_seconds > 300',
    for: '5m',
    severity: 'warning',
    summary: 'a conversation of the saga {{ $labels.saga }} has been stuck for {{ $value | humanizeDuration }}',
    next: 'crbus sagas stuck {{ $labels.saga }}',
  },
]

/** Formats the rules as a file for `rule_files` of Prometheus. */
export function formatAlertRules(): string {
  // A string of JSON is one of YAML, too.
  const rules = alertRules.map(
    ({ alert, expr, for: duration, severity, summary, next }) => `      - alert: ${alert}
        expr: ${JSON.stringify(expr)}
        for: ${duration}
        labels:
          severity: ${severity}
        annotations:
          summary: ${JSON.stringify(summary)}
          description: ${JSON.stringify(`next: ${next}`)}
`,
  )
  return `# Alert rules for the metrics of "crbus metrics --listen". Written by "crbus metrics alerts".\ngroups:\n  - name: crbus\n    rules:\n${rules.join('')}`
}
