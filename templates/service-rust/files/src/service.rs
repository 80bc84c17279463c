//! The bus, the event store and the clock, which all parts of the service share.

use crate::dead_letters::DeadLetters;
use composable_rust_core::environment::{Clock, SystemClock};
use composable_rust_core::event::SerializedEvent;
use composable_rust_core::event_bus::{EventBus, EventStream};
use composable_rust_core::event_store::EventStore;
use composable_rust_testing::mocks::{InMemoryEventBus, InMemoryEventStore};
use futures::StreamExt;
use std::env;
use std::error::Error;
use std::sync::Arc;
use tokio::sync::watch;

pub type Failure = Box<dyn Error + Send + Sync>;

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event of the command is stored and published, or there was nothing to do. The event can be a refusal.
    Done,
    /// The message was refused without an event, or is not a command. It became a dead letter with this reason.
    Refused(String),
}

/// The connections of the service: bus, event store and dead letters.
#[derive(Clone)]
pub struct Service {
    pub event_store: Arc<dyn EventStore>,
    pub clock: Arc<dyn Clock>,
    pub dead_letters: DeadLetters,
    memory: InMemoryEventBus,
    brokers: Option<String>,
    stop: Arc<watch::Sender<bool>>,
}

impl Service {
    /// Creates a service with a bus and a store in memory. Other processes cannot use them.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            event_store: Arc::new(InMemoryEventStore::new()),
            clock: Arc::new(SystemClock),
            dead_letters: DeadLetters::in_memory(),
            memory: InMemoryEventBus::new(),
            brokers: None,
            stop: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Connects to the brokers in `REDPANDA_BROKERS` and the database in `DATABASE_URL`. A variable that is not set means in
    /// memory.
    ///
    /// # Errors
    ///
    /// If a variable is set but the service was built without its feature, or if the database cannot be reached.
    pub async fn from_env() -> Result<Self, Failure> {
        let mut service = Self::in_memory();
        if let Some(brokers) = variable("REDPANDA_BROKERS") {
            if cfg!(not(feature = "redpanda")) {
                return Err("REDPANDA_BROKERS is set: build with --features redpanda".into());
            }
            service.brokers = Some(brokers);
        } else {
            tracing::warn!("REDPANDA_BROKERS is not set: only this process can see its events");
        }
        if let Some(url) = variable("DATABASE_URL") {
            (service.event_store, service.dead_letters) = postgres(&url).await?;
        } else {
            tracing::warn!("DATABASE_URL is not set: events are lost when this process ends");
        }
        Ok(service)
    }

    /// Returns the bus for a consumer group. Every aggregate and every saga needs its own group, because the members of a group
    /// share the events of a topic.
    ///
    /// # Errors
    ///
    /// If the bus rejects the settings. Unreachable brokers are not an error: the bus retries until it reaches them.
    pub fn bus(&self, group: &str) -> Result<Arc<dyn EventBus>, Failure> {
        match &self.brokers {
            None => Ok(Arc::new(self.memory.clone())),
            Some(brokers) => redpanda(brokers, group),
        }
    }

    /// Returns the next event of a subscription, or `None` when the service is stopped. The caller finishes its current event
    /// before it asks for the next one.
    pub async fn next(&self, events: &mut EventStream) -> Option<SerializedEvent> {
        loop {
            let next = tokio::select! {
                () = self.stopped() => None,
                next = events.next() => next,
            };
            match next? {
                Ok(event) => return Some(event),
                Err(error) => tracing::warn!(%error, "an event was skipped"),
            }
        }
    }

    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub async fn stopped(&self) {
        // Waiting fails only if the sender was dropped, and `self` holds the sender.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// A part that only waits for the stop. With it, a service without aggregates and sagas runs too.
pub(crate) async fn until_stopped(service: Service) -> Result<(), Failure> {
    service.stopped().await;
    Ok(())
}

/// Returns an environment variable. An empty variable counts as not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(feature = "redpanda")]
fn redpanda(brokers: &str, group: &str) -> Result<Arc<dyn EventBus>, Failure> {
    let bus = composable_rust_redpanda::RedpandaEventBus::builder()
        .brokers(brokers)
        .consumer_group(group)
        .producer_acks("all")
        // A new group starts with the oldest events.
        .auto_offset_reset("earliest")
        // Events are committed when they enter this buffer, so a crash loses its contents.
        .buffer_size(1)
        .build()?;
    Ok(Arc::new(bus))
}

#[cfg(not(feature = "redpanda"))]
fn redpanda(_brokers: &str, _group: &str) -> Result<Arc<dyn EventBus>, Failure> {
    Err("built without the feature redpanda".into())
}

type Stores = (Arc<dyn EventStore>, DeadLetters);

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Stores, Failure> {
    let store = composable_rust_postgres::PostgresEventStore::new(url).await?;
    store.run_migrations().await?;
    let dead_letters = DeadLetters::in_postgres(&store);
    Ok((Arc::new(store), dead_letters))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_url: &str) -> Result<Stores, Failure> {
    Err("DATABASE_URL is set: build with --features postgres".into())
}
