/** The migrations of Composable Rust for the event store, in their order: 001, 002, 004 and 005. */
export const rustTables = `
CREATE TABLE IF NOT EXISTS events (
  stream_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  event_type TEXT NOT NULL,
  event_data BYTEA NOT NULL,
  metadata JSONB,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, version)
);
CREATE INDEX IF NOT EXISTS idx_events_created ON events(created_at);
CREATE INDEX IF NOT EXISTS idx_events_type ON events(event_type);
COMMENT ON TABLE events IS 'made by the service';
CREATE TABLE IF NOT EXISTS snapshots (
  stream_id TEXT PRIMARY KEY,
  version BIGINT NOT NULL,
  state_data BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
ALTER TABLE events ADD COLUMN IF NOT EXISTS event_version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX IF NOT EXISTS idx_events_type_version ON events(event_type, event_version);
CREATE TABLE IF NOT EXISTS failed_events (
  id BIGSERIAL PRIMARY KEY,
  stream_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  event_version INTEGER NOT NULL,
  event_data BYTEA NOT NULL,
  metadata JSONB,
  original_timestamp TIMESTAMPTZ NOT NULL,
  error_message TEXT NOT NULL,
  error_details TEXT,
  retry_count INTEGER NOT NULL DEFAULT 0,
  first_failed_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  last_failed_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  status TEXT NOT NULL DEFAULT 'pending',
  resolved_at TIMESTAMPTZ,
  resolved_by TEXT,
  resolution_notes TEXT,
  CONSTRAINT failed_events_status_check CHECK (status IN ('pending', 'processing', 'resolved', 'discarded'))
);
CREATE INDEX IF NOT EXISTS idx_failed_events_status_failed_at ON failed_events(status, first_failed_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS idx_failed_events_stream ON failed_events(stream_id);
CREATE INDEX IF NOT EXISTS idx_failed_events_type ON failed_events(event_type);
CREATE INDEX IF NOT EXISTS idx_failed_events_type_version ON failed_events(event_type, event_version);
CREATE INDEX IF NOT EXISTS idx_failed_events_timestamp ON failed_events(first_failed_at DESC);
`

/** The table `events` of the framework's example production-agent, which has another layout. */
export const productionAgentEvents = `
CREATE TABLE IF NOT EXISTS events (
  id BIGSERIAL PRIMARY KEY,
  aggregate_id UUID NOT NULL,
  aggregate_type VARCHAR(255) NOT NULL,
  event_type VARCHAR(255) NOT NULL,
  event_data BYTEA NOT NULL,
  version INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
  UNIQUE(aggregate_id, version)
);
CREATE INDEX IF NOT EXISTS idx_events_type ON events(event_type);
`
