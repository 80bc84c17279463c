//! The aggregate order line. Takes commands from `order-line-commands`, stores events in the streams `order-line-{id}`, and
//! publishes them to `order-line-events`.

use crate::dead_letters::DeadLetters;
use crate::service::{Failure, Outcome, Service};
use chrono::{DateTime, SecondsFormat, Utc};
use composable_rust_core::effect::Effect;
use composable_rust_core::environment::Clock;
use composable_rust_core::event::{EventMetadata, SerializedEvent};
use composable_rust_core::event_bus::EventBus;
use composable_rust_core::event_store::EventStore;
use composable_rust_core::reducer::Reducer;
use composable_rust_core::stream::{StreamId, Version};
use composable_rust_core::{SmallVec, append_events, async_effect, publish_event, smallvec};
use composable_rust_macros::{Action, State};
use composable_rust_runtime::Store;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// The command topic. It must have one partition: the framework's bus uses the message type as the record key, so with several
/// partitions, two commands for the same order line can be handled in either order.
pub const COMMANDS: &str = "order-line-commands";
pub const EVENTS: &str = "order-line-events";
pub const GROUP: &str = "order-line-aggregate";

/// How long to wait before a command is retried.
const PAUSE: Duration = Duration::from_secs(1);

/// Commands, events and internal actions. The encoded form of a variant begins with its index, so add variants at the end, and
/// do not move or remove any.
#[derive(Action, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OrderLineAction {
    #[command]
    PlaceOrderLine {
        // crbus:put Uuid is id.rust
        order_line_id: Uuid,
        // crbus:each field of creation.fields; i64 is field.rust
        line_total: i64,
        // crbus:end
    },
    // crbus:each change of changes
    #[command]
    CancelOrderLine {
        // crbus:put Uuid is id.rust
        order_line_id: Uuid,
        // crbus:each field of change.fields; reason is field.name; String is field.rust
        reason: String,
        // crbus:end
    },
    // crbus:end
    // crbus:each event of all
    #[event]
    OrderLinePlaced {
        // crbus:put Uuid is id.rust
        order_line_id: Uuid,
        // crbus:each field of event.fields; i64 is field.rust
        line_total: i64,
        // crbus:end
    },
    // crbus:end
    // crbus:here
    #[event]
    OrderLineRejected {
        order_line_id: Uuid,
        line_total: i64,
        reason: String,
    },
    #[event]
    OrderLineCancelled {
        order_line_id: Uuid,
        reason: String,
    },
    #[event]
    OrderLineCancelRejected {
        order_line_id: Uuid,
        reason: String,
        because: String,
    },
    // crbus:end
    /// The event was stored.
    Persisted {
        event: Box<OrderLineAction>,
        version: u64,
        at: DateTime<Utc>,
    },
    /// The event could not be stored.
    NotPersisted {
        reason: String,
    },
    /// The command has been processed, successfully or not.
    Settled {
        failure: Option<String>,
    },
    /// The command was refused and has no failure event.
    Refused {
        reason: String,
    },
}

impl OrderLineAction {
    /// Returns the id of the order line, or `None` for internal actions.
    #[must_use]
    #[rustfmt::skip] // One line for each variant.
    pub fn id(&self) -> Option<String> {
        match self {
            // crbus:each change of changes
            | Self::CancelOrderLine { order_line_id, .. }
            // crbus:end
            // crbus:each event of all
            | Self::OrderLinePlaced { order_line_id, .. }
            // crbus:end
            // crbus:here
            | Self::OrderLineRejected { order_line_id, .. }
            | Self::OrderLineCancelled { order_line_id, .. }
            | Self::OrderLineCancelRejected { order_line_id, .. }
            // crbus:end
            | Self::PlaceOrderLine { order_line_id, .. } => Some(order_line_id.to_string()),
            _ => None,
        }
    }

    /// Returns the message type on the bus and in the store. The framework only has types for events, not for commands.
    #[must_use]
    #[rustfmt::skip] // One line for each variant.
    pub const fn message_type(&self) -> &'static str {
        match self {
            Self::PlaceOrderLine { .. } => "PlaceOrderLine.v1",
            // crbus:each change of changes
            Self::CancelOrderLine { .. } => "CancelOrderLine.v1",
            // crbus:end
            _ => self.event_type(),
        }
    }

    /// Encodes the action as a message.
    ///
    /// # Errors
    ///
    /// If bincode cannot encode the action.
    pub fn to_serialized(&self, at: DateTime<Utc>) -> Result<SerializedEvent, bincode::Error> {
        let mut metadata = EventMetadata::new();
        metadata.timestamp = Some(at.to_rfc3339_opts(SecondsFormat::Millis, true));
        let message_type = self.message_type().to_string();
        let data = bincode::serialize(self)?;
        Ok(SerializedEvent::new(message_type, data, Some(metadata)))
    }

    /// Decodes the action in a message.
    ///
    /// # Errors
    ///
    /// If the bytes are not an action.
    pub fn from_serialized(event: &SerializedEvent) -> Result<Self, bincode::Error> {
        bincode::deserialize(&event.data)
    }

    /// Decodes the command in a message. Returns it with the id of the order line, or `None` if the message is not a command.
    #[must_use]
    pub fn from_command(message: &SerializedEvent) -> Option<(String, Self)> {
        let action = Self::from_serialized(message).ok()?;
        let id = action.id().filter(|_| action.is_command())?;
        Some((id, action))
    }
}

/// The last event that changed the order line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderLineStatus {
    #[default]
    New,
    OrderLinePlaced,
    // crbus:each change of changes
    OrderLineCancelled,
    // crbus:end
}

/// The valid transitions, from a status to the next one. A command for any other transition is refused.
#[rustfmt::skip] // One line for each transition.
const MAY_FOLLOW: &[(OrderLineStatus, OrderLineStatus)] = &[
    (OrderLineStatus::New, OrderLineStatus::OrderLinePlaced),
    // crbus:each change of changes
    // crbus:if change.follows_question
    // crbus:as change.follows_question_rust
    // crbus:end
    // crbus:end
    // crbus:each status of change.follows; OrderLinePlaced is status.name
    (OrderLineStatus::OrderLinePlaced, OrderLineStatus::OrderLineCancelled),
    // crbus:end
    // crbus:end
];

/// The state after the events so far.
#[derive(State, Clone, Debug, Default, PartialEq)]
pub struct OrderLineState {
    pub status: OrderLineStatus,
    // crbus:each field of creation.fields; i64 is field.rust
    pub line_total: i64,
    // crbus:end
    #[version]
    pub version: Option<Version>,
}

impl OrderLineState {
    /// Computes the state from all events of a stream.
    ///
    /// # Errors
    ///
    /// If an event cannot be decoded.
    pub fn of(stream: &[SerializedEvent]) -> Result<Self, bincode::Error> {
        let mut state = Self::default();
        for event in stream {
            state.apply(&OrderLineAction::from_serialized(event)?);
        }
        state.set_version(Version::new(stream.len() as u64));
        Ok(state)
    }

    /// Applies an event to the state. It does not check any rule, because the event has already happened.
    pub fn apply(&mut self, event: &OrderLineAction) {
        if let OrderLineAction::OrderLinePlaced { .. } = event {
            self.status = OrderLineStatus::OrderLinePlaced;
        }
        // crbus:each change of changes
        if let OrderLineAction::OrderLineCancelled { .. } = event {
            self.status = OrderLineStatus::OrderLineCancelled;
        }
        // crbus:end
        // crbus:if creation.fields
        if let OrderLineAction::OrderLinePlaced {
            order_line_id: _,
            // crbus:each field of creation.fields
            line_total,
            // crbus:end
        } = event
        {
            // crbus:each field of creation.fields
            self.line_total.clone_from(line_total);
            // crbus:end
        }
        // crbus:end
    }

    /// Returns why the state may not change to a status, or `None` if it may.
    fn why_not(&self, next: OrderLineStatus) -> Option<String> {
        let is_allowed = MAY_FOLLOW.contains(&(self.status, next));
        (!is_allowed).then(|| format!("{next:?} may not follow {:?}", self.status))
    }
}

/// The dependencies of the reducer.
#[derive(Clone)]
pub struct OrderLineEnvironment {
    pub event_store: Arc<dyn EventStore>,
    pub event_bus: Arc<dyn EventBus>,
    pub clock: Arc<dyn Clock>,
    pub dead_letters: DeadLetters,
}

type Effects = SmallVec<[Effect<OrderLineAction>; 4]>;

/// Turns commands into events, and events into the next state. All decisions depend only on the command and the state.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderLineReducer;

impl Reducer for OrderLineReducer {
    type State = OrderLineState;
    type Action = OrderLineAction;
    type Environment = OrderLineEnvironment;

    fn reduce(
        &self,
        state: &mut Self::State,
        action: Self::Action,
        env: &Self::Environment,
    ) -> Effects {
        match action {
            OrderLineAction::PlaceOrderLine {
                order_line_id,
                // crbus:each field of creation.fields
                line_total,
                // crbus:end
            } => {
                let next = OrderLineStatus::OrderLinePlaced;
                // crbus:put `let mut` is creation.refusal_rust
                let mut refusal = state.why_not(next);
                if state.status == next && refusal.is_some() {
                    return settle(None);
                }
                // crbus:if creation.failure
                // crbus:put `order_line_id.is_nil()` is id.is_empty_rust
                if order_line_id.is_nil() {
                    let why = "order_line_id is empty";
                    refusal.get_or_insert_with(|| why.to_string());
                }
                // crbus:if creation.limited; line_total is creation.limited.name
                // crbus:as creation.limit_question_rust
                // crbus:end
                // crbus:put `0..=100_000` is creation.limits_rust
                if !(0..=100_000).contains(&line_total) {
                    let why = "line_total is not from 0 to 100000";
                    refusal.get_or_insert_with(|| why.to_string());
                }
                // crbus:end
                // crbus:put `let Some(refusal) = refusal` is creation.failure.is_refused_rust
                if let Some(refusal) = refusal {
                    let failure = OrderLineAction::OrderLineRejected {
                        order_line_id,
                        // crbus:each field of creation.failure.shared
                        line_total,
                        // crbus:end
                        // crbus:each field of creation.failure.own; reason is field.name; refusal is field.refused_rust
                        reason: refusal,
                        // crbus:end
                    };
                    return env.persist(state, failure);
                }
                // crbus:end
                // crbus:if not creation.failure
                if let Some(refusal) = refusal {
                    return refuse(refusal);
                }
                // crbus:end
                let event = OrderLineAction::OrderLinePlaced {
                    order_line_id,
                    // crbus:each field of creation.fields
                    line_total,
                    // crbus:end
                };
                env.persist(state, event)
            }
            // crbus:each change of changes
            OrderLineAction::CancelOrderLine {
                order_line_id,
                // crbus:each field of change.fields; reason is field.name
                reason,
                // crbus:end
            } => {
                let next = OrderLineStatus::OrderLineCancelled;
                // crbus:put `let mut` is change.refusal_rust
                let mut refusal = state.why_not(next);
                if state.status == next && refusal.is_some() {
                    return settle(None);
                }
                // crbus:if change.failure
                // crbus:put `order_line_id.is_nil()` is id.is_empty_rust
                if order_line_id.is_nil() {
                    let why = "order_line_id is empty";
                    refusal.get_or_insert_with(|| why.to_string());
                }
                // crbus:if change.limited
                // crbus:as change.limit_rust
                // crbus:end
                // crbus:end
                // crbus:put `let Some(refusal) = refusal` is change.failure.is_refused_rust
                if let Some(refusal) = refusal {
                    let failure = OrderLineAction::OrderLineCancelRejected {
                        order_line_id,
                        // crbus:each field of change.failure.shared; reason is field.name
                        reason,
                        // crbus:end
                        // crbus:each field of change.failure.own; because is field.name; refusal is field.refused_rust
                        because: refusal,
                        // crbus:end
                    };
                    return env.persist(state, failure);
                }
                // crbus:end
                // crbus:if not change.failure
                if let Some(refusal) = refusal {
                    return refuse(refusal);
                }
                // crbus:end
                let event = OrderLineAction::OrderLineCancelled {
                    order_line_id,
                    // crbus:each field of change.fields; reason is field.name
                    reason,
                    // crbus:end
                };
                env.persist(state, event)
            }
            // crbus:end
            // Only what is stored counts and is published. Appending and publishing are not returned together: the
            // runtime would do both at once, and publish also what the store refuses.
            OrderLineAction::Persisted {
                event,
                version,
                at,
            } => {
                state.set_version(Version::new(version));
                state.apply(&event);
                env.publish(&event, at)
            }
            OrderLineAction::NotPersisted {
                reason,
            } => settle(Some(reason)),
            event => {
                state.apply(&event);
                smallvec![Effect::None]
            }
        }
    }
}

impl OrderLineEnvironment {
    fn persist(&self, state: &OrderLineState, event: OrderLineAction) -> Effects {
        let at = self.clock.now();
        let (Some(id), Ok(serialized)) = (event.id(), event.to_serialized(at)) else {
            return settle(Some("the event cannot be encoded".to_string()));
        };
        let version = state.version.unwrap_or(Version::INITIAL);
        // The version that the store returns is not used: the store in memory counts from 0, Postgres from 1.
        let next = version.next().value();
        smallvec![append_events! {
            store: self.event_store,
            stream: stream_id(&id),
            expected_version: Some(version),
            events: vec![serialized],
            on_success: |_version| Some(OrderLineAction::Persisted {
                event: Box::new(event.clone()),
                version: next,
                at,
            }),
            on_error: |error| Some(OrderLineAction::NotPersisted {
                reason: error.to_string(),
            })
        }]
    }

    /// Publishes an event and then settles the command, so a caller that waits for the outcome waits for the bus too. The record
    /// key is the event type. If the topic has several partitions, consumers can get events of different types in any order.
    fn publish(&self, event: &OrderLineAction, at: DateTime<Utc>) -> Effects {
        let Ok(serialized) = event.to_serialized(at) else {
            return settle(Some("the event cannot be encoded".to_string()));
        };
        let mut steps = vec![publish_event! {
            bus: self.event_bus,
            topic: EVENTS,
            event: serialized,
            on_success: || None,
            on_error: |error| {
                tracing::error!(%error, "stored but not published; it is published when its command is delivered again");
                None
            }
        }];
        steps.extend(settle(None));
        smallvec![Effect::Sequential(steps)]
    }

    /// Handles a command, and returns when its event is stored and published. If the same message is delivered again, its event
    /// is published again, because the process may have died after storing the event.
    ///
    /// # Errors
    ///
    /// If the store or the bus cannot be reached, or if another process has appended to the stream. The caller can retry.
    pub async fn handle(&self, command: &SerializedEvent) -> Result<Outcome, Failure> {
        let Some((id, action)) = OrderLineAction::from_command(command) else {
            return self.keep(COMMANDS, command, "not a command").await;
        };
        let stream = stream_id(&id);
        let stored = self
            .event_store
            .load_events(StreamId::new(&stream), None)
            .await?;
        let cause = Uuid::new_v5(&Uuid::NAMESPACE_OID, &bincode::serialize(command)?).to_string();
        for event in &stored {
            let metadata = event.metadata.as_ref();
            if metadata.and_then(|known| known.causation_id.as_ref()) == Some(&cause) {
                self.event_bus.publish(EVENTS, event).await?;
                return Ok(Outcome::Done);
            }
        }
        let state = OrderLineState::of(&stored);
        let state = state.map_err(|error| format!("stream {stream} cannot be read: {error}"))?;
        let store = Store::new(state, OrderLineReducer, self.clone());
        let mut actions = store.subscribe_actions();
        let mut metadata = command.metadata.clone().unwrap_or_default();
        metadata.causation_id = Some(cause);
        // The event has its own timestamp.
        metadata.timestamp = None;
        store.send_with_metadata(action, Some(metadata)).await?;
        loop {
            match actions.recv().await? {
                OrderLineAction::Settled {
                    failure: None,
                } => return Ok(Outcome::Done),
                OrderLineAction::Settled {
                    failure: Some(reason),
                } => return Err(reason.into()),
                OrderLineAction::Refused {
                    reason,
                } => return self.keep(&stream, command, &reason).await,
                _ => {}
            }
        }
    }

    async fn keep(
        &self,
        stream: &str,
        command: &SerializedEvent,
        reason: &str,
    ) -> Result<Outcome, Failure> {
        self.dead_letters.add(stream, command, reason).await?;
        Ok(Outcome::Refused(reason.to_string()))
    }
}

fn settle(failure: Option<String>) -> Effects {
    smallvec![async_effect! { Some(OrderLineAction::Settled { failure }) }]
}

// crbus:if refuses_plainly
/// Refuses a command that has no failure event. The command becomes a dead letter with the reason.
fn refuse(reason: String) -> Effects {
    smallvec![async_effect! { Some(OrderLineAction::Refused { reason }) }]
}

// crbus:end
/// Returns the stream of the order line with an id.
#[must_use]
pub fn stream_id(id: &str) -> String {
    format!("order-line-{id}")
}

/// Handles commands from the bus, one after the other, until the service is stopped.
///
/// # Errors
///
/// If the bus cannot be opened.
pub async fn run(service: Service) -> Result<(), Failure> {
    let env = OrderLineEnvironment {
        event_store: service.event_store.clone(),
        event_bus: service.bus(GROUP)?,
        clock: service.clock.clone(),
        dead_letters: service.dead_letters.clone(),
    };
    let mut commands = env.event_bus.subscribe(&[COMMANDS]).await?;
    while let Some(command) = service.next(&mut commands).await {
        while let Err(error) = env.handle(&command).await {
            tracing::warn!(%error, "the command failed and is retried");
            tokio::select! {
                () = service.stopped() => return Ok(()),
                () = sleep(PAUSE) => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
