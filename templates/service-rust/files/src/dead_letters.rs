//! Keeps messages for which a retry is useless: commands that an aggregate refuses without an event, and messages that are not
//! commands.

use crate::service::Failure;
use composable_rust_core::event::SerializedEvent;
use composable_rust_runtime::DeadLetterQueue;

/// How many messages are kept in memory before the oldest is dropped.
const MAX_IN_MEMORY: usize = 1000;

/// The framework's dead letter queue: the table `failed_events` if the service has a database, otherwise a queue in this
/// process. The framework logs every message that it adds, and counts it as `event_store.dlq.added` or `dlq.pushed`.
#[derive(Clone)]
pub struct DeadLetters {
    pub in_memory: DeadLetterQueue<SerializedEvent>,
    #[cfg(feature = "postgres")]
    in_postgres: Option<std::sync::Arc<composable_rust_postgres::DeadLetterQueue>>,
}

impl DeadLetters {
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            in_memory: DeadLetterQueue::new(MAX_IN_MEMORY),
            #[cfg(feature = "postgres")]
            in_postgres: None,
        }
    }

    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn in_postgres(store: &composable_rust_postgres::PostgresEventStore) -> Self {
        let queue = composable_rust_postgres::DeadLetterQueue::new(store.pool().clone());
        Self {
            in_postgres: Some(queue.into()),
            ..Self::in_memory()
        }
    }

    /// Keeps a message of a stream or a topic with the reason. A message that is delivered again is kept again.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached. The caller can retry.
    pub async fn add(
        &self,
        stream: &str,
        message: &SerializedEvent,
        reason: &str,
    ) -> Result<(), Failure> {
        #[cfg(feature = "postgres")]
        if let Some(queue) = &self.in_postgres {
            return postgres::add(queue, stream, message, reason).await;
        }
        let message_type = &message.event_type;
        tracing::warn!(
            stream,
            message_type,
            reason,
            "a message became a dead letter"
        );
        self.in_memory.push(message.clone(), reason.to_string(), 0);
        Ok(())
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::{Failure, SerializedEvent};
    use chrono::Utc;
    use composable_rust_core::event::EventMetadata;
    use composable_rust_postgres::DeadLetterQueue;

    pub async fn add(
        queue: &DeadLetterQueue,
        stream: &str,
        message: &SerializedEvent,
        reason: &str,
    ) -> Result<(), Failure> {
        let message = without_nul(message);
        let sent = message
            .metadata
            .as_ref()
            .and_then(|known| known.timestamp.as_ref()?.parse().ok());
        let sent = sent.unwrap_or_else(Utc::now);
        queue
            .add_entry(&escaped(stream), &message, sent, &escaped(reason), None, 0)
            .await?;
        Ok(())
    }

    /// Replaces NUL characters, which Postgres does not store in texts. Otherwise such a message would be retried forever.
    fn escaped(text: &str) -> String {
        text.replace('\0', "\u{fffd}")
    }

    fn without_nul(message: &SerializedEvent) -> SerializedEvent {
        let mut message = message.clone();
        message.event_type = escaped(&message.event_type);
        message.metadata = message.metadata.map(|known| EventMetadata {
            correlation_id: known.correlation_id.as_deref().map(escaped),
            causation_id: known.causation_id.as_deref().map(escaped),
            user_id: known.user_id.as_deref().map(escaped),
            timestamp: known.timestamp.as_deref().map(escaped),
        });
        message
    }
}
