//! What the parts of the service share: the bus, the event store and the clock.

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

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its event is stored and published, or there was nothing to do. An event may say that the command is refused.
    Done,
    /// It is refused without an event, or is not a command. It is a dead letter with this reason.
    Refused(String),
}

/// Where events go, and where they are kept.
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
    /// In this process only, and gone with it.
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

    /// As `REDPANDA_BROKERS` and `DATABASE_URL` say. Without them, in memory.
    ///
    /// # Errors
    ///
    /// When one is set and the service was built without its feature, or the database cannot be reached.
    pub async fn from_env() -> Result<Self, Failure> {
        let mut service = Self::in_memory();
        if let Some(brokers) = variable("REDPANDA_BROKERS") {
            if cfg!(not(feature = "redpanda")) {
                return Err("REDPANDA_BROKERS is set: build with --features redpanda".into());
            }
            service.brokers = Some(brokers);
        } else {
            tracing::warn!("REDPANDA_BROKERS is not set: events stay in this process");
        }
        if let Some(url) = variable("DATABASE_URL") {
            (service.event_store, service.dead_letters) = postgres(&url).await?;
        } else {
            tracing::warn!("DATABASE_URL is not set: events are gone with this process");
        }
        Ok(service)
    }

    /// The bus, for one consumer group. Every aggregate and every saga has a group of its own: those that shared one
    /// would get each other's events.
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

    /// The next event of a subscription. `None` when the service is stopped: what is in hand is finished, and no more is
    /// taken.
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
        // It fails only when the sender is gone, and `self` holds it.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// The part that every service has, since one with no others is to run, too.
pub(crate) async fn until_stopped(service: Service) -> Result<(), Failure> {
    service.stopped().await;
    Ok(())
}

/// A variable of the environment. An empty one counts as not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(feature = "redpanda")]
fn redpanda(brokers: &str, group: &str) -> Result<Arc<dyn EventBus>, Failure> {
    let bus = composable_rust_redpanda::RedpandaEventBus::builder()
        .brokers(brokers)
        .consumer_group(group)
        .producer_acks("all")
        // A new group begins with the events that were there before it.
        .auto_offset_reset("earliest")
        // Events are committed when they enter this buffer: it holds what a crash can lose.
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
