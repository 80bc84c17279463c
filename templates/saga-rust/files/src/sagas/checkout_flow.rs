//! The saga checkout flow. Receives events from several topics, stores them in the streams `checkout-flow-saga-{id}`, sends
//! commands, and publishes the outcome of each conversation to `checkout-flow-events`.

use crate::aggregates;
use crate::service::{Failure, Service};
// crbus:put `use chrono::SecondsFormat` is rust.chrono
use chrono::SecondsFormat;
use composable_rust_core::effect::Effect;
use composable_rust_core::environment::Clock;
use composable_rust_core::event::{EventMetadata, SerializedEvent};
use composable_rust_core::event_bus::EventBus;
use composable_rust_core::event_store::EventStore;
use composable_rust_core::reducer::Reducer;
use composable_rust_core::stream::{StreamId, Version};
use composable_rust_core::{SmallVec, append_events, async_effect, delay, publish_event, smallvec};
use composable_rust_macros::{Action, State};
use composable_rust_runtime::Store;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// The consumer group. No other part may use it, because the members of a group share the events of a topic.
pub const GROUP: &str = "checkout-flow-saga";
pub const EVENTS: &str = "checkout-flow-events";
#[rustfmt::skip] // One line for each topic.
pub const TOPICS: &[&str] = &[
    // crbus:each step of steps
    // crbus:put `"order-line-events"` is step.topic_rust
    "order-line-events",
    // crbus:end
    // crbus:here
    "card-payment-events",
    // crbus:end
];

/// How long a step may take before it counts as failed. The time-out is lost with the process. It starts again when the next
/// event of the conversation arrives.
// crbus:put `from_secs(30)` is rust.timeout
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// How often an undo command is sent. The saga doubles the time that it waits for the answer after each attempt. After the last
/// attempt the step is stuck.
pub const UNDO_ATTEMPTS: u32 = 5;

/// How often a time-out is retried if it cannot be stored. The delay doubles after each attempt.
pub const TIMEOUT_ATTEMPTS: u32 = 10;

/// How long to wait before an event is retried.
const PAUSE: Duration = Duration::from_secs(1);

/// Received events, published events and internal actions. The encoded form of a variant begins with its index, so add variants
/// at the end, and do not move or remove any.
#[derive(Action, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CheckoutFlowAction {
    // crbus:each event of events
    #[event]
    OrderLinePlaced {
        correlation_id: String,
        // crbus:each field of event.needs; Uuid is field.rust
        order_line_id: Uuid,
        // crbus:end
    },
    // crbus:end
    // crbus:here
    #[event]
    OrderLineCancelled {
        correlation_id: String,
        order_line_id: Uuid,
    },
    #[event]
    OrderLineRejected {
        correlation_id: String,
        order_line_id: Uuid,
        reason: String,
    },
    #[event]
    OrderLineNoted {
        correlation_id: String,
        order_line_id: Uuid,
    },
    #[event]
    CardPaymentCompleted {
        correlation_id: String,
        order_line_id: Uuid,
    },
    #[event]
    CardPaymentFailed {
        correlation_id: String,
        order_line_id: Uuid,
        reason: String,
    },
    #[event]
    CardPaymentRefunded {
        correlation_id: String,
        order_line_id: Uuid,
    },
    // crbus:end
    /// Time-out of a step.
    #[event]
    CheckoutFlowTimedOut {
        correlation_id: String,
        step: CheckoutFlowStep,
    },
    /// Time-out of an undo command.
    #[event]
    CheckoutFlowUndoTimedOut {
        correlation_id: String,
        step: CheckoutFlowStep,
        attempt: u32,
    },
    /// Published when every step is done.
    #[event]
    CheckoutFlowCompleted {
        correlation_id: String,
        facts: CheckoutFlowFacts,
    },
    /// Published when every step that can be undone was undone.
    #[event]
    CheckoutFlowFailed {
        correlation_id: String,
        facts: CheckoutFlowFacts,
        reason: String,
    },
    /// Published when a step could not be undone, so a person must resolve it. If the step is undone later, the saga continues.
    #[event]
    CheckoutFlowStuck {
        correlation_id: String,
        facts: CheckoutFlowFacts,
        step: CheckoutFlowStep,
        reason: String,
    },
    /// The event was stored.
    Persisted {
        event: Box<CheckoutFlowAction>,
        version: u64,
    },
    /// The event could not be stored.
    NotPersisted {
        event: Box<CheckoutFlowAction>,
        reason: String,
    },
    /// The event has been processed, successfully or not.
    Settled {
        event: Box<CheckoutFlowAction>,
        failure: Option<String>,
    },
    /// The conversation was loaded, possibly by another process than the one that sent its commands.
    Resumed,
}

impl CheckoutFlowAction {
    /// Decodes an event for the saga. Returns `None` if the saga does not use the event, or if it has no correlation id.
    #[must_use]
    #[rustfmt::skip] // The layout would depend on the number of fields.
    pub fn from_event(event: &SerializedEvent) -> Option<Self> {
        let correlation_id = event.metadata.as_ref()?.correlation_id.clone()?;
        match event.event_type.as_str() {
            // crbus:each event of events
            "OrderLinePlaced.v1" => match read(event)? {
                // crbus:put order-line is event.step
                aggregates::order_line::OrderLineAction::OrderLinePlaced {
                    // crbus:each field of event.needs
                    order_line_id,
                    // crbus:end
                    ..
                } => Some(Self::OrderLinePlaced {
                    correlation_id,
                    // crbus:each field of event.needs
                    order_line_id,
                    // crbus:end
                }),
                _ => None,
            },
            // crbus:end
            // crbus:here
            "OrderLineCancelled.v1" => match read(event)? {
                aggregates::order_line::OrderLineAction::OrderLineCancelled { order_line_id } => {
                    Some(Self::OrderLineCancelled { correlation_id, order_line_id })
                }
                _ => None,
            },
            "OrderLineRejected.v1" => match read(event)? {
                aggregates::order_line::OrderLineAction::OrderLineRejected { order_line_id, reason } => {
                    Some(Self::OrderLineRejected { correlation_id, order_line_id, reason })
                }
                _ => None,
            },
            "OrderLineNoted.v1" => match read(event)? {
                aggregates::order_line::OrderLineAction::OrderLineNoted { order_line_id } => {
                    Some(Self::OrderLineNoted { correlation_id, order_line_id })
                }
                _ => None,
            },
            "CardPaymentCompleted.v1" => match read(event)? {
                aggregates::card_payment::CardPaymentAction::CardPaymentCompleted { order_line_id } => {
                    Some(Self::CardPaymentCompleted { correlation_id, order_line_id })
                }
                _ => None,
            },
            "CardPaymentFailed.v1" => match read(event)? {
                aggregates::card_payment::CardPaymentAction::CardPaymentFailed { order_line_id, reason } => {
                    Some(Self::CardPaymentFailed { correlation_id, order_line_id, reason })
                }
                _ => None,
            },
            "CardPaymentRefunded.v1" => match read(event)? {
                aggregates::card_payment::CardPaymentAction::CardPaymentRefunded { order_line_id } => {
                    Some(Self::CardPaymentRefunded { correlation_id, order_line_id })
                }
                _ => None,
            },
            // crbus:end
            _ => None,
        }
    }

    /// Returns whether the action is a time-out.
    #[rustfmt::skip] // One line for each variant.
    const fn is_time_out(&self) -> bool {
        matches!(
            self,
            | Self::CheckoutFlowTimedOut { .. }
            | Self::CheckoutFlowUndoTimedOut { .. }
        )
    }

    /// Returns the id of the conversation, or `None` for internal actions.
    #[must_use]
    #[rustfmt::skip] // One line for each variant.
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            // crbus:each event of events
            | Self::OrderLinePlaced { correlation_id, .. }
            // crbus:end
            // crbus:here
            | Self::OrderLineCancelled { correlation_id, .. }
            | Self::OrderLineRejected { correlation_id, .. }
            | Self::OrderLineNoted { correlation_id, .. }
            | Self::CardPaymentCompleted { correlation_id, .. }
            | Self::CardPaymentFailed { correlation_id, .. }
            | Self::CardPaymentRefunded { correlation_id, .. }
            // crbus:end
            | Self::CheckoutFlowTimedOut { correlation_id, .. }
            | Self::CheckoutFlowUndoTimedOut { correlation_id, .. }
            | Self::CheckoutFlowStuck { correlation_id, .. }
            | Self::CheckoutFlowCompleted { correlation_id, .. }
            | Self::CheckoutFlowFailed { correlation_id, .. } => Some(correlation_id),
            _ => None,
        }
    }
}

/// Decodes the payload of an event. Returns `None` and logs the error if the payload has another type.
fn read<T: DeserializeOwned>(event: &SerializedEvent) -> Option<T> {
    let payload = bincode::deserialize(&event.data);
    if let Err(error) = &payload {
        tracing::error!(%error, event_type = event.event_type, "cannot decode");
    }
    payload.ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CheckoutFlowStep {
    // crbus:each step of steps; order-line is step.name
    OrderLine,
    // crbus:end
    // crbus:here
    CardPayment,
    // crbus:end
}

impl CheckoutFlowStep {
    /// The steps in order. They are undone in reverse.
    #[rustfmt::skip] // One line for each step.
    pub const ALL: &[Self] = &[
        // crbus:each step of steps; order-line is step.name
        Self::OrderLine,
        // crbus:end
        // crbus:here
        Self::CardPayment,
        // crbus:end
    ];

    /// Returns the topic of the commands of the step.
    const fn commands(self) -> &'static str {
        match self {
            // crbus:each step of later
            // crbus:put `"card-payment-commands"` is step.commands_rust
            Self::CardPayment => "card-payment-commands",
            // crbus:end
            // crbus:put `"order-line-commands"` is start.commands_rust
            Self::OrderLine => "order-line-commands",
        }
    }
}

/// The progress of a step. `Asked` means that a time-out is set, even for the first step, which the saga does not request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    #[default]
    Open,
    Asked,
    Done,
    Failed,
    Undoing,
    Undone,
    Stuck,
}

impl Progress {
    /// Returns whether `next` changes the step. Duplicates and late answers do not.
    const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Open | Self::Asked => matches!(next, Self::Done | Self::Failed | Self::Undone),
            Self::Undoing => matches!(next, Self::Undone | Self::Stuck),
            Self::Done | Self::Stuck => matches!(next, Self::Undone),
            // The answer arrived after the time-out.
            Self::Failed => matches!(next, Self::Done | Self::Undone),
            Self::Undone => false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckoutFlowStatus {
    #[default]
    New,
    Running,
    Compensating,
    Completed,
    Failed,
    /// A step could not be undone. It may still be undone later.
    Stuck,
}

impl CheckoutFlowStatus {
    const fn is_settled(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stuck)
    }

    /// Returns whether compensation has begun or is complete.
    const fn is_taken_back(self) -> bool {
        matches!(self, Self::Compensating | Self::Failed | Self::Stuck)
    }
}

/// The fields of received events that commands need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckoutFlowFacts {
    // crbus:each fact of facts; Uuid is fact.rust
    pub order_line_id: Uuid,
    // crbus:end
}

#[derive(State, Clone, Debug, Default, PartialEq)]
pub struct CheckoutFlowState {
    pub correlation_id: String,
    pub status: CheckoutFlowStatus,
    pub steps: BTreeMap<CheckoutFlowStep, Progress>,
    pub facts: CheckoutFlowFacts,
    /// Why the steps are undone; empty if they are not.
    pub reason: String,
    /// How often the undo command of each step was sent.
    pub attempts: BTreeMap<CheckoutFlowStep, u32>,
    /// Why each stuck step could not be undone.
    pub stuck: BTreeMap<CheckoutFlowStep, String>,
    /// Whether `CheckoutFlowFailed` was published.
    pub has_failed: bool,
    /// How often in a row a time-out could not be stored. This number is not stored.
    pub missed: u32,
    #[version]
    pub version: Option<Version>,
}

/// What the saga does after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    Ask(CheckoutFlowStep),
    Undo(CheckoutFlowStep),
    Complete,
    Fail,
    Stuck(CheckoutFlowStep),
}

/// A message for the bus: its event type and its bytes.
type Message = (&'static str, bincode::Result<Vec<u8>>);

impl CheckoutFlowState {
    #[must_use]
    pub fn progress(&self, step: CheckoutFlowStep) -> Progress {
        self.steps.get(&step).copied().unwrap_or_default()
    }

    /// Records the event, then decides from the whole state, so that the order of events does not matter.
    fn react(&mut self, event: &CheckoutFlowAction) -> Vec<Reaction> {
        let mut heard = self.clone();
        heard.hear(event);
        if heard == *self || self.status == CheckoutFlowStatus::Completed {
            return Vec::new();
        }
        let before = std::mem::replace(self, heard);
        let is_failing = self.is_any(Progress::Failed) || self.is_any(Progress::Undone);
        // Once compensation has begun, late answers do not continue the saga.
        if is_failing || self.status.is_taken_back() {
            self.take_back(&before)
        } else {
            self.go_on()
        }
    }

    fn is_any(&self, progress: Progress) -> bool {
        self.steps.values().any(|step| *step == progress)
    }

    /// Returns whether the conversation has ended or is stuck, and no time-out is set.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status.is_settled() && self.open().is_empty()
    }

    /// Returns the commands that are not answered yet.
    fn open(&self) -> Vec<Reaction> {
        let mut reactions = Vec::new();
        for (&step, progress) in &self.steps {
            match progress {
                Progress::Asked => reactions.push(Reaction::Ask(step)),
                Progress::Undoing => reactions.push(Reaction::Undo(step)),
                _ => {}
            }
        }
        reactions
    }

    fn hear(&mut self, event: &CheckoutFlowAction) {
        match event {
            CheckoutFlowAction::OrderLinePlaced { .. } => {
                let step = CheckoutFlowStep::OrderLine;
                self.note(step, Progress::Done, event);
            }
            // crbus:if start.undo
            CheckoutFlowAction::OrderLineCancelled { .. } => {
                let step = CheckoutFlowStep::OrderLine;
                self.note(step, Progress::Undone, event);
            }
            // crbus:end
            // crbus:each failure of start.refusals; OrderLineRejected is failure.name
            CheckoutFlowAction::OrderLineRejected { .. } => {
                let step = CheckoutFlowStep::OrderLine;
                self.refuse(step, event);
            }
            // crbus:end
            // crbus:each step of later
            CheckoutFlowAction::CardPaymentCompleted { .. } => {
                let step = CheckoutFlowStep::CardPayment;
                self.note(step, Progress::Done, event);
            }
            // crbus:each failure of step.failures
            CheckoutFlowAction::CardPaymentFailed { .. } => {
                let step = CheckoutFlowStep::CardPayment;
                self.note(step, Progress::Failed, event);
            }
            // crbus:end
            // crbus:if step.undo
            CheckoutFlowAction::CardPaymentRefunded { .. } => {
                let step = CheckoutFlowStep::CardPayment;
                self.note(step, Progress::Undone, event);
            }
            // crbus:end
            // crbus:end
            CheckoutFlowAction::CheckoutFlowTimedOut {
                step,
                ..
            } if self.progress(*step) == Progress::Asked => {
                self.note(*step, Progress::Failed, event);
            }
            CheckoutFlowAction::CheckoutFlowUndoTimedOut {
                step,
                attempt,
                ..
            } => self.undo_again(*step, *attempt),
            _ => {}
        }
    }

    /// Records a refusal of the first step. It is only of interest as the answer to the undo command: before the step is done, no
    /// conversation has begun.
    #[allow(dead_code)] // Not called if the first step has no refusals.
    fn refuse(&mut self, step: CheckoutFlowStep, event: &CheckoutFlowAction) {
        if self.progress(step) == Progress::Undoing {
            self.note(step, Progress::Failed, event);
        }
    }

    /// Counts the next attempt of an undo command after a time-out. After the last attempt the step is stuck.
    fn undo_again(&mut self, step: CheckoutFlowStep, attempt: u32) {
        if self.progress(step) != Progress::Undoing || self.attempt(step) != attempt {
            return;
        }
        if attempt < UNDO_ATTEMPTS {
            self.attempts.insert(step, attempt + 1);
        } else {
            self.give_up(step, format!("{step:?} was not undone in time"));
        }
    }

    fn attempt(&self, step: CheckoutFlowStep) -> u32 {
        self.attempts.get(&step).copied().unwrap_or_default()
    }

    fn give_up(&mut self, step: CheckoutFlowStep, reason: String) {
        self.steps.insert(step, Progress::Stuck);
        self.stuck.insert(step, reason);
    }

    fn note(&mut self, step: CheckoutFlowStep, progress: Progress, event: &CheckoutFlowAction) {
        // The aggregate would refuse the same undo command again, so the command is not repeated.
        if self.progress(step) == Progress::Undoing && progress == Progress::Failed {
            self.give_up(step, reason(event));
            return;
        }
        if !self.progress(step).may_become(progress) {
            return;
        }
        self.steps.insert(step, progress);
        if progress == Progress::Done {
            self.learn(event);
        } else if self.reason.is_empty() {
            self.reason = reason(event);
        }
    }

    fn learn(&mut self, event: &CheckoutFlowAction) {
        tracing::debug!(event_type = event.event_type(), "heard");
        // crbus:if start.done.tells_rust
        if let CheckoutFlowAction::OrderLinePlaced {
            correlation_id: _,
            // crbus:each field of start.done.tells_rust
            order_line_id,
            // crbus:end
            ..
        } = event
        {
            // crbus:each field of start.done.tells_rust
            self.facts.order_line_id.clone_from(order_line_id);
            // crbus:end
        }
        // crbus:end
        // crbus:each step of later
        // crbus:if step.done.tells_rust
        if let CheckoutFlowAction::CardPaymentCompleted {
            correlation_id: _,
            // crbus:each field of step.done.tells_rust
            order_line_id,
            // crbus:end
            ..
        } = event
        {
            // crbus:each field of step.done.tells_rust
            self.facts.order_line_id.clone_from(order_line_id);
            // crbus:end
        }
        // crbus:end
        // crbus:end
    }

    fn go_on(&mut self) -> Vec<Reaction> {
        let mut steps = CheckoutFlowStep::ALL.iter();
        let next = steps.find(|step| self.progress(**step) != Progress::Done);
        let Some(&step) = next else {
            self.status = CheckoutFlowStatus::Completed;
            return vec![Reaction::Complete];
        };
        self.status = CheckoutFlowStatus::Running;
        if self.progress(step) != Progress::Open {
            return Vec::new();
        }
        self.steps.insert(step, Progress::Asked);
        vec![Reaction::Ask(step)]
    }

    fn take_back(&mut self, before: &Self) -> Vec<Reaction> {
        let mut reactions = Vec::new();
        for &step in CheckoutFlowStep::ALL.iter().rev() {
            let progress = self.progress(step);
            if progress == Progress::Done && self.undo(step).is_some() {
                self.steps.insert(step, Progress::Undoing);
                self.attempts.insert(step, 1);
                reactions.push(Reaction::Undo(step));
            } else if progress == Progress::Undoing && self.attempt(step) != before.attempt(step) {
                reactions.push(Reaction::Undo(step));
            } else if progress == Progress::Stuck && before.progress(step) != Progress::Stuck {
                reactions.push(Reaction::Stuck(step));
            }
        }
        let is_waiting = self.is_any(Progress::Asked) || self.is_any(Progress::Undoing);
        self.status = if self.is_any(Progress::Stuck) {
            CheckoutFlowStatus::Stuck
        } else if is_waiting && !self.has_failed {
            CheckoutFlowStatus::Compensating
        } else {
            CheckoutFlowStatus::Failed
        };
        if self.status == CheckoutFlowStatus::Failed && !self.has_failed {
            self.has_failed = true;
            reactions.push(Reaction::Fail);
        }
        reactions
    }

    /// Returns the command for a step, or `None` for the first step, whose event begins the conversation.
    fn ask(&self, step: CheckoutFlowStep) -> Option<Message> {
        tracing::debug!(?step, "ask");
        // crbus:each step of later
        if step == CheckoutFlowStep::CardPayment {
            use aggregates::card_payment::CardPaymentAction;
            let command = CardPaymentAction::CompleteCardPayment {
                // crbus:each field of step.ask.fields; `self.facts.order_line_id` is field.value_rust
                order_line_id: self.facts.order_line_id,
                // crbus:end
            };
            return Some(("CompleteCardPayment.v1", bincode::serialize(&command)));
        }
        // crbus:end
        None
    }

    /// Returns the undo command of a step, or `None` if the step cannot be undone.
    fn undo(&self, step: CheckoutFlowStep) -> Option<Message> {
        tracing::debug!(?step, "undo");
        // crbus:if start.undo
        if step == CheckoutFlowStep::OrderLine {
            use aggregates::order_line::OrderLineAction;
            let command = OrderLineAction::CancelOrderLine {
                // crbus:each field of start.undo.command.fields; `self.facts.order_line_id` is field.value_rust
                order_line_id: self.facts.order_line_id,
                // crbus:end
            };
            return Some(("CancelOrderLine.v1", bincode::serialize(&command)));
        }
        // crbus:end
        // crbus:each step of later
        // crbus:if step.undo
        if step == CheckoutFlowStep::CardPayment {
            use aggregates::card_payment::CardPaymentAction;
            let command = CardPaymentAction::RefundCardPayment {
                // crbus:each field of step.undo.command.fields; `self.facts.order_line_id` is field.value_rust
                order_line_id: self.facts.order_line_id,
                // crbus:end
            };
            return Some(("RefundCardPayment.v1", bincode::serialize(&command)));
        }
        // crbus:end
        // crbus:end
        None
    }
}

/// Returns why an event starts compensation.
fn reason(event: &CheckoutFlowAction) -> String {
    match event {
        // crbus:each failure of start.refusals; OrderLineRejected is failure.name
        // crbus:if failure.has_reason
        CheckoutFlowAction::OrderLineRejected {
            reason,
            ..
        } => reason.clone(),
        // crbus:end
        // crbus:end
        // crbus:each step of later
        // crbus:each failure of step.failures
        // crbus:if failure.has_reason
        CheckoutFlowAction::CardPaymentFailed {
            reason,
            ..
        } => reason.clone(),
        // crbus:end
        // crbus:end
        // crbus:end
        CheckoutFlowAction::CheckoutFlowTimedOut {
            step,
            ..
        } => format!("{step:?} did not answer in time"),
        _ => event.event_type().to_string(),
    }
}

/// The dependencies of the reducer.
#[derive(Clone)]
pub struct CheckoutFlowEnvironment {
    pub event_store: Arc<dyn EventStore>,
    pub event_bus: Arc<dyn EventBus>,
    pub clock: Arc<dyn Clock>,
    /// How long a step may take.
    pub timeout: Duration,
}

type Work = Effect<CheckoutFlowAction>;
type Effects = SmallVec<[Work; 4]>;

#[derive(Clone, Copy, Debug, Default)]
pub struct CheckoutFlow;

impl Reducer for CheckoutFlow {
    type State = CheckoutFlowState;
    type Action = CheckoutFlowAction;
    type Environment = CheckoutFlowEnvironment;

    fn reduce(
        &self,
        state: &mut Self::State,
        action: Self::Action,
        env: &Self::Environment,
    ) -> Effects {
        match action {
            // An event is stored before the saga reacts to it. The reducer does not return the append and the messages
            // together: the runtime would run both at once, and send messages even if the append fails.
            CheckoutFlowAction::Persisted {
                event,
                version,
            } => {
                state.set_version(Version::new(version));
                state.missed = 0;
                let reactions = state.react(&event);
                env.perform(state, &reactions, settle(*event, None))
            }
            CheckoutFlowAction::NotPersisted {
                event,
                reason,
            } => {
                let mut effects: Effects = smallvec![];
                // The caller retries an event. A time-out has no caller, so without a retry the conversation would wait forever.
                if event.is_time_out() && state.missed < TIMEOUT_ATTEMPTS {
                    tracing::warn!(reason, "a time-out was not stored and is retried");
                    effects.push(delay! {
                        duration: env.timeout * (1 << state.missed),
                        action: (*event).clone()
                    });
                    state.missed += 1;
                }
                effects.push(settle(*event, Some(reason)));
                effects
            }
            // The commands may not have been sent, and their time-outs are lost. Receivers handle a repeated command only once.
            CheckoutFlowAction::Resumed => env.perform(state, &state.open(), Effect::None),
            CheckoutFlowAction::Settled { .. } => smallvec![Effect::None],
            event => {
                let mut next = state.clone();
                next.react(&event);
                if next == *state {
                    smallvec![settle(event, None)]
                } else {
                    env.persist(state, event)
                }
            }
        }
    }
}

impl CheckoutFlowEnvironment {
    /// Appends an event to the stream of the conversation.
    fn persist(&self, state: &CheckoutFlowState, event: CheckoutFlowAction) -> Effects {
        let Ok(data) = bincode::serialize(&event) else {
            return smallvec![settle(event, Some("it cannot be encoded".to_string()))];
        };
        let message = self.message(state, event.event_type(), data);
        let version = state.version.unwrap_or(Version::INITIAL);
        // The version that the store returns is not used: the store in memory counts from 0, Postgres from 1.
        let next = version.next().value();
        let refused = event.clone();
        smallvec![append_events! {
            store: self.event_store,
            stream: stream_id(&state.correlation_id),
            expected_version: Some(version),
            events: vec![message],
            on_success: |_version| Some(CheckoutFlowAction::Persisted {
                event: Box::new(event.clone()),
                version: next,
            }),
            on_error: |error| Some(CheckoutFlowAction::NotPersisted {
                event: Box::new(refused.clone()),
                reason: error.to_string(),
            })
        }]
    }

    /// Returns the effects of reactions: sends the messages in order and then runs `last`. Time-outs run in parallel.
    fn perform(&self, state: &CheckoutFlowState, reactions: &[Reaction], last: Work) -> Effects {
        let correlation_id = &state.correlation_id;
        let mut effects: Effects = smallvec![];
        let mut sending = Vec::new();
        for &reaction in reactions {
            let message = match reaction {
                Reaction::Ask(step) => {
                    effects.push(delay! {
                        duration: self.timeout,
                        action: CheckoutFlowAction::CheckoutFlowTimedOut {
                            correlation_id: correlation_id.clone(),
                            step,
                        }
                    });
                    state.ask(step).map(|command| (step.commands(), command))
                }
                Reaction::Undo(step) => {
                    let attempt = state.attempt(step);
                    effects.push(delay! {
                        duration: self.timeout * (1 << attempt.saturating_sub(1).min(UNDO_ATTEMPTS)),
                        action: CheckoutFlowAction::CheckoutFlowUndoTimedOut {
                            correlation_id: correlation_id.clone(),
                            step,
                            attempt,
                        }
                    });
                    state.undo(step).map(|command| (step.commands(), command))
                }
                Reaction::Stuck(step) => {
                    let event = CheckoutFlowAction::CheckoutFlowStuck {
                        correlation_id: correlation_id.clone(),
                        facts: state.facts.clone(),
                        step,
                        reason: state.stuck.get(&step).cloned().unwrap_or_default(),
                    };
                    Some((EVENTS, (event.event_type(), bincode::serialize(&event))))
                }
                Reaction::Complete => {
                    let event = CheckoutFlowAction::CheckoutFlowCompleted {
                        correlation_id: correlation_id.clone(),
                        facts: state.facts.clone(),
                    };
                    Some((EVENTS, (event.event_type(), bincode::serialize(&event))))
                }
                Reaction::Fail => {
                    let event = CheckoutFlowAction::CheckoutFlowFailed {
                        correlation_id: correlation_id.clone(),
                        facts: state.facts.clone(),
                        reason: state.reason.clone(),
                    };
                    Some((EVENTS, (event.event_type(), bincode::serialize(&event))))
                }
            };
            sending.extend(message.map(|(topic, message)| self.send(state, topic, message)));
        }
        sending.push(last);
        effects.push(Effect::Sequential(sending));
        effects
    }

    /// Publishes a message. The framework's bus uses the message type as the record key, not the id of the aggregate, so two
    /// commands for one aggregate stay in order only if their topic has one partition.
    fn send(&self, state: &CheckoutFlowState, topic: &str, message: Message) -> Work {
        let (name, Ok(data)) = message else {
            tracing::error!(name = message.0, "it cannot be encoded");
            return Effect::None;
        };
        publish_event! {
            bus: self.event_bus,
            topic: topic,
            event: self.message(state, name, data),
            on_success: || None,
            on_error: |error| {
                tracing::error!(%error, "the message was not sent, so the step will time out");
                None
            }
        }
    }

    fn message(&self, state: &CheckoutFlowState, name: &str, data: Vec<u8>) -> SerializedEvent {
        let now = self.clock.now();
        let mut metadata = EventMetadata::with_correlation_id(&state.correlation_id);
        metadata.timestamp = Some(now.to_rfc3339_opts(SecondsFormat::Millis, true));
        SerializedEvent::new(name.to_string(), data, Some(metadata))
    }

    /// Loads a conversation from its stream.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached, or if an event of the stream cannot be decoded.
    pub async fn load(&self, correlation_id: &str) -> Result<CheckoutFlowStore, Failure> {
        let stream = stream_id(correlation_id);
        let stored = self
            .event_store
            .load_events(StreamId::new(&stream), None)
            .await?;
        let mut state = CheckoutFlowState {
            correlation_id: correlation_id.to_string(),
            ..CheckoutFlowState::default()
        };
        for event in &stored {
            let heard = bincode::deserialize(&event.data);
            let heard =
                heard.map_err(|error| format!("stream {stream} cannot be read: {error}"))?;
            state.react(&heard);
        }
        state.set_version(Version::new(stored.len() as u64));
        let store = Store::new(state, CheckoutFlow, self.clone());
        store.send(CheckoutFlowAction::Resumed).await?;
        Ok(store)
    }
}

fn settle(event: CheckoutFlowAction, failure: Option<String>) -> Work {
    let event = Box::new(event);
    async_effect! { Some(CheckoutFlowAction::Settled { event, failure }) }
}

/// Returns the stream of a conversation.
#[must_use]
pub fn stream_id(correlation_id: &str) -> String {
    format!("checkout-flow-saga-{correlation_id}")
}

/// The saga of one conversation.
#[rustfmt::skip] // One line for each type.
pub type CheckoutFlowStore = Store<
    CheckoutFlowState,
    CheckoutFlowAction,
    CheckoutFlowEnvironment,
    CheckoutFlow,
>;

/// The running conversations in the memory of this process, by correlation id. Ended conversations are only in the store.
#[derive(Default)]
pub struct Conversations(HashMap<String, CheckoutFlowStore>);

impl Conversations {
    /// Handles an event, and returns when the event is stored and the messages that follow from it are sent.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached, or if another process has appended to the stream. The caller can retry.
    pub async fn handle(
        &mut self,
        env: &CheckoutFlowEnvironment,
        event: &SerializedEvent,
    ) -> Result<(), Failure> {
        let Some(action) = CheckoutFlowAction::from_event(event) else {
            return Ok(());
        };
        let id = action.correlation_id().unwrap_or_default().to_string();
        // The conversation is put back only after success. After an error it is loaded again.
        let store = match self.0.remove(&id) {
            Some(store) => store,
            None => env.load(&id).await?,
        };
        let mut actions = store.subscribe_actions();
        let mut metadata = event.metadata.clone().unwrap_or_default();
        let cause = Uuid::new_v5(&Uuid::NAMESPACE_OID, &bincode::serialize(event)?);
        metadata.causation_id = Some(cause.to_string());
        // Messages have their own timestamps.
        metadata.timestamp = None;
        let heard = action.clone();
        store.send_with_metadata(heard, Some(metadata)).await?;
        loop {
            match actions.recv().await? {
                CheckoutFlowAction::Settled {
                    event,
                    failure,
                } if *event == action => match failure {
                    Some(reason) => return Err(reason.into()),
                    None => break,
                },
                _ => {}
            }
        }
        if !store.state(CheckoutFlowState::is_over).await {
            self.0.insert(id, store);
        }
        Ok(())
    }
}

/// Handles events from the bus, one after the other, until the service is stopped.
///
/// # Errors
///
/// If the bus cannot be opened.
pub async fn run(service: Service) -> Result<(), Failure> {
    let env = CheckoutFlowEnvironment {
        event_store: service.event_store.clone(),
        event_bus: service.bus(GROUP)?,
        clock: service.clock.clone(),
        timeout: TIMEOUT,
    };
    let mut conversations = Conversations::default();
    let mut events = env.event_bus.subscribe(TOPICS).await?;
    while let Some(event) = service.next(&mut events).await {
        while let Err(error) = conversations.handle(&env, &event).await {
            tracing::warn!(%error, "the event failed and is retried");
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
