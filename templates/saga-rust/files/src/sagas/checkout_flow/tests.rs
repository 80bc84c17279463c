use super::*;

use chrono::DateTime;
use composable_rust_core::effect::EventStoreOperation;
use composable_rust_testing::{FixedClock, ReducerTest};

/// How long a test waits for the saga before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.expect("the saga did not answer in time")
}

/// An event of an aggregate: its event type and its bytes.
type Said = (&'static str, Vec<u8>);

fn said<T: Serialize>(name: &'static str, action: &T) -> Said {
    (name, bincode::serialize(action).unwrap())
}

/// A step with the part that its aggregate plays: the commands that it gets, and its answers.
#[derive(Default)]
struct Played {
    commands: &'static str,
    ask: Option<&'static str>,
    done: Said,
    refused: Option<Said>,
    undo: Option<&'static str>,
    undone: Option<Said>,
    /// Whether the aggregate does not answer.
    is_silent: bool,
    /// Whether the aggregate refuses the command.
    is_refusing: bool,
}

#[rustfmt::skip] // The layout would depend on the number of steps and fields.
fn steps() -> Vec<Played> {
    vec![
        Played {
            // crbus:put `"order-line-commands"` is start.commands_rust
            commands: "order-line-commands",
            done: said(
                "OrderLinePlaced.v1",
                &aggregates::order_line::OrderLineAction::OrderLinePlaced {
                    // crbus:each field of start.done.every; `Uuid::from_u128(7)` is field.example_rust
                    order_line_id: Uuid::from_u128(7),
                    // crbus:end
                    // crbus:here
                    line_total: 1250,
                    // crbus:end
                },
            ),
            // crbus:if start.refusal
            refused: Some(said(
                "OrderLineRejected.v1",
                &aggregates::order_line::OrderLineAction::OrderLineRejected {
                    // crbus:each field of start.refusal.every; `Uuid::from_u128(7)` is field.example_rust
                    order_line_id: Uuid::from_u128(7),
                    // crbus:end
                    // crbus:here
                    reason: "example".to_string(),
                    // crbus:end
                },
            )),
            // crbus:end
            // crbus:if start.undo
            undo: Some("CancelOrderLine.v1"),
            undone: Some(said(
                "OrderLineCancelled.v1",
                &aggregates::order_line::OrderLineAction::OrderLineCancelled {
                    // crbus:each field of start.undo.event.every; `Uuid::from_u128(7)` is field.example_rust
                    order_line_id: Uuid::from_u128(7),
                    // crbus:end
                },
            )),
            // crbus:end
            ..Played::default()
        },
        // crbus:each step of later
        Played {
            // crbus:put `"card-payment-commands"` is step.commands_rust
            commands: "card-payment-commands",
            ask: Some("CompleteCardPayment.v1"),
            done: said(
                "CardPaymentCompleted.v1",
                &aggregates::card_payment::CardPaymentAction::CardPaymentCompleted {
                    // crbus:each field of step.done.every; `Uuid::from_u128(7)` is field.example_rust
                    order_line_id: Uuid::from_u128(7),
                    // crbus:end
                },
            ),
            // crbus:if step.failure
            refused: Some(said(
                "CardPaymentFailed.v1",
                &aggregates::card_payment::CardPaymentAction::CardPaymentFailed {
                    // crbus:each field of step.failure.every; `Uuid::from_u128(7)` is field.example_rust
                    order_line_id: Uuid::from_u128(7),
                    // crbus:end
                    // crbus:here
                    reason: "example".to_string(),
                    // crbus:end
                },
            )),
            // crbus:end
            // crbus:if step.undo
            undo: Some("RefundCardPayment.v1"),
            undone: Some(said(
                "CardPaymentRefunded.v1",
                &aggregates::card_payment::CardPaymentAction::CardPaymentRefunded {
                    // crbus:each field of step.undo.event.every; `Uuid::from_u128(7)` is field.example_rust
                    order_line_id: Uuid::from_u128(7),
                    // crbus:end
                },
            )),
            // crbus:end
            ..Played::default()
        },
        // crbus:end
    ]
}

/// Creates a message of the conversation `c-1`.
fn message(said: &Said) -> SerializedEvent {
    let metadata = EventMetadata::with_correlation_id("c-1");
    SerializedEvent::new(said.0.to_string(), said.1.clone(), Some(metadata))
}

fn environment(service: &Service) -> CheckoutFlowEnvironment {
    CheckoutFlowEnvironment {
        event_store: service.event_store.clone(),
        event_bus: service.bus(GROUP).unwrap(),
        clock: Arc::new(FixedClock::new(DateTime::UNIX_EPOCH)),
        // Longer than any test, so only the tests themselves cause time-outs.
        timeout: Duration::from_secs(3600),
    }
}

/// A fault that a test injects.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    EverythingTwice,
    /// The conversation is loaded again for every event, as after a restart.
    Restarts,
}

/// The outcome of a conversation.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// The commands in order, each once.
    commands: Vec<&'static str>,
    ended: String,
    /// Why it failed.
    reason: String,
    status: CheckoutFlowStatus,
}

/// Answers commands in place of the aggregates until the saga publishes its outcome.
async fn play(steps: &[Played], fault: Fault) -> Outcome {
    let service = Service::in_memory();
    let env = environment(&service);
    let mut topics: Vec<&str> = steps.iter().map(|step| step.commands).collect();
    topics.push("checkout-flow-events");
    let mut sent = env.event_bus.subscribe(&topics).await.unwrap();
    let mut conversations = Conversations::default();
    let mut commands = Vec::new();
    let mut next = Some(&steps[0].done);
    loop {
        if let Some(said) = next.take() {
            let event = message(said);
            in_time(conversations.handle(&env, &event)).await.unwrap();
            if fault == Fault::EverythingTwice {
                in_time(conversations.handle(&env, &event)).await.unwrap();
            }
            if fault == Fault::Restarts {
                conversations = Conversations::default();
            }
        }
        let heard = in_time(service.next(&mut sent)).await.unwrap();
        let correlation_id = heard.metadata.unwrap().correlation_id;
        assert_eq!(correlation_id.as_deref(), Some("c-1"));
        let name = heard.event_type.as_str();
        let is_for = |step: &Played| step.ask == Some(name) || step.undo == Some(name);
        let Some(index) = steps.iter().position(is_for) else {
            let store = in_time(env.load("c-1")).await.unwrap();
            let state = in_time(store.state(Clone::clone)).await;
            let (facts, reason) = match bincode::deserialize(&heard.data).unwrap() {
                CheckoutFlowAction::CheckoutFlowCompleted {
                    facts,
                    ..
                } => (facts, String::new()),
                CheckoutFlowAction::CheckoutFlowFailed {
                    facts,
                    reason,
                    ..
                } => (facts, reason),
                other => panic!("{other:?}"),
            };
            assert_eq!(facts, state.facts);
            return Outcome {
                commands,
                ended: heard.event_type,
                reason,
                status: state.status,
            };
        };
        let step = &steps[index];
        let is_undo = step.undo == Some(name);
        let command = if is_undo { step.undo } else { step.ask };
        if command.is_some_and(|command| commands.contains(&command)) {
            continue;
        }
        commands.extend(command);
        next = match (is_undo, step.is_refusing) {
            (true, _) => step.undone.as_ref(),
            (false, true) => step.refused.as_ref(),
            (false, false) => Some(&step.done),
        };
        if step.is_silent && !is_undo {
            next = None;
            let step = CheckoutFlowStep::ALL[index];
            let correlation_id = "c-1".to_string();
            let time_is_up = CheckoutFlowAction::CheckoutFlowTimedOut {
                correlation_id,
                step,
            };
            in_time(conversations.0["c-1"].send(time_is_up))
                .await
                .unwrap();
        }
    }
}

fn completed() -> Outcome {
    Outcome {
        commands: steps().iter().filter_map(|step| step.ask).collect(),
        ended: "CheckoutFlowCompleted.v1".to_string(),
        reason: String::new(),
        status: CheckoutFlowStatus::Completed,
    }
}

/// The outcome when a step fails: all steps up to it were requested, and the steps before it are undone.
fn failed(at: usize, reason: String) -> Outcome {
    let steps = steps();
    let asked = steps[..=at].iter().filter_map(|step| step.ask);
    let undone = steps[..at].iter().rev().filter_map(|step| step.undo);
    Outcome {
        commands: asked.chain(undone).collect(),
        ended: "CheckoutFlowFailed.v1".to_string(),
        reason,
        status: CheckoutFlowStatus::Failed,
    }
}

#[tokio::test]
async fn completes_when_every_step_succeeds() {
    for fault in [Fault::None, Fault::EverythingTwice, Fault::Restarts] {
        assert_eq!(play(&steps(), fault).await, completed());
    }
}

#[tokio::test]
async fn undoes_the_completed_steps_when_a_step_is_refused() {
    for at in 1..steps().len() {
        let mut steps = steps();
        steps[at].is_refusing = steps[at].refused.is_some();
        if let Some(refused) = &steps[at].refused {
            let event = message(refused);
            let reason = reason(&CheckoutFlowAction::from_event(&event).unwrap());
            for fault in [Fault::None, Fault::EverythingTwice, Fault::Restarts] {
                let outcome = play(&steps, fault).await;
                assert_eq!(outcome, failed(at, reason.clone()));
            }
        }
    }
}

#[tokio::test]
async fn undoes_the_completed_steps_when_a_step_times_out() {
    for at in 1..steps().len() {
        let mut steps = steps();
        steps[at].is_silent = true;
        let reason = format!("{:?} did not answer in time", CheckoutFlowStep::ALL[at]);
        let outcome = play(&steps, Fault::None).await;
        assert_eq!(outcome, failed(at, reason));
    }
}

#[test]
fn a_late_answer_does_not_stop_compensation() {
    for at in 1..steps().len() {
        let mut state = CheckoutFlowState::default();
        for step in &steps()[..at] {
            let event = message(&step.done);
            let heard = CheckoutFlowAction::from_event(&event);
            state.react(&heard.unwrap());
        }
        state.react(&CheckoutFlowAction::CheckoutFlowTimedOut {
            correlation_id: "c-1".to_string(),
            step: CheckoutFlowStep::ALL[at],
        });
        let event = message(&steps()[at].done);
        let late = CheckoutFlowAction::from_event(&event);
        state.react(&late.unwrap());
        assert!(state.status.is_taken_back(), "{state:?}");
        if steps()[at].undo.is_some() {
            let progress = state.progress(CheckoutFlowStep::ALL[at]);
            assert_eq!(progress, Progress::Undoing);
        }
    }
}

/// The state after all steps but the last, which timed out.
fn failing() -> CheckoutFlowState {
    let mut state = CheckoutFlowState::default();
    let steps = steps();
    let (_, done) = steps.split_last().unwrap();
    for step in done {
        let event = message(&step.done);
        let heard = CheckoutFlowAction::from_event(&event);
        state.react(&heard.unwrap());
    }
    state.react(&CheckoutFlowAction::CheckoutFlowTimedOut {
        correlation_id: "c-1".to_string(),
        step: CheckoutFlowStep::ALL[done.len()],
    });
    state
}

fn undo_timed_out(step: CheckoutFlowStep, attempt: u32) -> CheckoutFlowAction {
    CheckoutFlowAction::CheckoutFlowUndoTimedOut {
        correlation_id: "c-1".to_string(),
        step,
        attempt,
    }
}

#[test]
fn an_undo_is_repeated_then_stuck_and_can_still_be_answered() {
    let mut state = failing();
    for (index, played) in steps().iter().enumerate() {
        let step = CheckoutFlowStep::ALL[index];
        if state.progress(step) != Progress::Undoing {
            continue;
        }
        for attempt in 1..UNDO_ATTEMPTS {
            let again = state.react(&undo_timed_out(step, attempt));
            assert_eq!(again, [Reaction::Undo(step)]);
            // A duplicate changes nothing.
            let copy = state.react(&undo_timed_out(step, attempt));
            assert_eq!(copy, []);
        }
        let last = state.react(&undo_timed_out(step, UNDO_ATTEMPTS));
        assert_eq!(last, [Reaction::Stuck(step)]);
        assert_eq!(state.status, CheckoutFlowStatus::Stuck);
        let event = message(played.undone.as_ref().unwrap());
        let undone = CheckoutFlowAction::from_event(&event);
        state.react(&undone.unwrap());
    }
    assert_eq!(state.status, CheckoutFlowStatus::Failed);
    assert!(state.is_over() && state.has_failed);
}

/// Returns the time-outs among the effects: their durations and actions.
fn timers(effects: &[Work]) -> Vec<(Duration, CheckoutFlowAction)> {
    let mut timers = Vec::new();
    for effect in effects {
        if let Effect::Delay {
            duration,
            action,
        } = effect
        {
            timers.push((*duration, (**action).clone()));
        }
    }
    timers
}

#[test]
fn the_time_out_of_an_undo_doubles_with_each_attempt() {
    let env = environment(&Service::in_memory());
    let mut state = failing();
    state.correlation_id = "c-1".to_string();
    for &step in CheckoutFlowStep::ALL {
        if state.progress(step) != Progress::Undoing {
            continue;
        }
        for attempt in 1..=UNDO_ATTEMPTS {
            state.attempts.insert(step, attempt);
            let effects = env.perform(&state, &[Reaction::Undo(step)], Effect::None);
            let expected = env.timeout * 2_u32.pow(attempt - 1);
            let time_out = undo_timed_out(step, attempt);
            assert_eq!(timers(&effects), [(expected, time_out)]);
        }
    }
}

#[test]
fn a_time_out_that_is_not_stored_is_retried() {
    let env = environment(&Service::in_memory());
    let mut state = CheckoutFlowState::default();
    for missed in 0..=TIMEOUT_ATTEMPTS {
        let time_out = undo_timed_out(CheckoutFlowStep::ALL[0], 1);
        let not_stored = CheckoutFlowAction::NotPersisted {
            event: Box::new(time_out.clone()),
            reason: "example".to_string(),
        };
        let effects = CheckoutFlow.reduce(&mut state, not_stored, &env);
        let expected = env.timeout * 2_u32.pow(missed);
        let again = (missed < TIMEOUT_ATTEMPTS).then_some((expected, time_out));
        assert_eq!(timers(&effects), Vec::from_iter(again));
    }
}

#[test]
fn a_refused_undo_is_stuck_without_a_second_attempt() {
    let mut state = failing();
    for (index, played) in steps().iter().enumerate() {
        let step = CheckoutFlowStep::ALL[index];
        let (Progress::Undoing, Some(refused)) = (state.progress(step), &played.refused) else {
            continue;
        };
        let event = message(refused);
        let heard = CheckoutFlowAction::from_event(&event).unwrap();
        let reactions = state.react(&heard);
        assert_eq!(reactions, [Reaction::Stuck(step)]);
        assert_eq!(state.stuck[&step], reason(&heard));
        assert_eq!(state.status, CheckoutFlowStatus::Stuck);
    }
}

#[tokio::test]
async fn publishes_that_it_is_stuck() {
    let steps = steps();
    let (_, done) = steps.split_last().unwrap();
    let Some(at) = done.iter().position(|step| step.undo.is_some()) else {
        return;
    };
    let service = Service::in_memory();
    let env = environment(&service);
    let topics = ["checkout-flow-events"];
    let mut sent = env.event_bus.subscribe(&topics).await.unwrap();
    let mut conversations = Conversations::default();
    for step in done {
        let event = message(&step.done);
        in_time(conversations.handle(&env, &event)).await.unwrap();
    }
    let mut time_is_up = vec![CheckoutFlowAction::CheckoutFlowTimedOut {
        correlation_id: "c-1".to_string(),
        step: CheckoutFlowStep::ALL[done.len()],
    }];
    let step = CheckoutFlowStep::ALL[at];
    time_is_up.extend((1..=UNDO_ATTEMPTS).map(|attempt| undo_timed_out(step, attempt)));
    for action in time_is_up {
        let store = &conversations.0["c-1"];
        let mut actions = store.subscribe_actions();
        in_time(store.send(action.clone())).await.unwrap();
        loop {
            let next = in_time(actions.recv()).await.unwrap();
            if matches!(next, CheckoutFlowAction::Settled { event, .. } if *event == action) {
                break;
            }
        }
    }
    let heard = in_time(service.next(&mut sent)).await.unwrap();
    assert_eq!(heard.event_type, "CheckoutFlowStuck.v1");
    let CheckoutFlowAction::CheckoutFlowStuck {
        facts,
        step: stuck,
        reason,
        ..
    } = bincode::deserialize(&heard.data).unwrap()
    else {
        panic!("{heard:?}");
    };
    let state = in_time(conversations.0["c-1"].state(Clone::clone)).await;
    assert_eq!((facts, stuck), (state.facts, step));
    assert_eq!(reason, state.stuck[&step]);
}

#[test]
#[rustfmt::skip] // The layout would depend on the fields.
fn the_facts_of_events_are_kept() {
    let mut state = CheckoutFlowState::default();
    let event = message(&steps()[0].done);
    let heard = CheckoutFlowAction::from_event(&event);
    state.react(&heard.unwrap());
    assert_ne!(state, CheckoutFlowState::default());
    // crbus:each field of start.done.tells_rust; `Uuid::from_u128(7)` is field.example_rust
    assert_eq!(state.facts.order_line_id, Uuid::from_u128(7));
    // crbus:end
}

#[test]
fn commands_go_to_the_topics_of_their_aggregates() {
    for (index, step) in steps().iter().enumerate() {
        let found = CheckoutFlowStep::ALL[index].commands();
        assert_eq!(found, step.commands);
    }
}

#[tokio::test]
async fn the_order_of_events_does_not_matter() {
    let service = Service::in_memory();
    let env = environment(&service);
    let topics = ["checkout-flow-events"];
    let mut sent = env.event_bus.subscribe(&topics).await.unwrap();
    let mut conversations = Conversations::default();
    for step in steps().iter().rev() {
        let event = message(&step.done);
        in_time(conversations.handle(&env, &event)).await.unwrap();
    }
    let ended = in_time(service.next(&mut sent)).await.unwrap();
    let expected = "CheckoutFlowCompleted.v1";
    assert_eq!(ended.event_type, expected);
}

#[test]
fn an_event_changes_the_state_only_after_it_is_stored() {
    let event = message(&steps()[0].done);
    let heard = CheckoutFlowAction::from_event(&event).unwrap();
    ReducerTest::new(CheckoutFlow)
        .with_env(environment(&Service::in_memory()))
        .given_state(CheckoutFlowState::default())
        .when_action(heard)
        .then_state(|state| assert_eq!(*state, CheckoutFlowState::default()))
        .then_effects(|effects| {
            let [Effect::EventStore(EventStoreOperation::AppendEvents { .. })] = effects else {
                panic!("{effects:?}");
            };
        })
        .run();
}

#[test]
fn a_requested_step_has_a_time_out() {
    let env = environment(&Service::in_memory());
    let mut expected = Vec::new();
    // The saga does not request the first step.
    if let Some(&step) = CheckoutFlowStep::ALL.get(1) {
        let correlation_id = "c-1".to_string();
        let time_out = CheckoutFlowAction::CheckoutFlowTimedOut {
            correlation_id,
            step,
        };
        expected.push((env.timeout, time_out));
    }
    let event = message(&steps()[0].done);
    let heard = CheckoutFlowAction::from_event(&event).unwrap();
    let state = CheckoutFlowState {
        correlation_id: "c-1".to_string(),
        ..CheckoutFlowState::default()
    };
    ReducerTest::new(CheckoutFlow)
        .with_env(env)
        .given_state(state)
        .when_action(CheckoutFlowAction::Persisted {
            event: Box::new(heard),
            version: 1,
        })
        .then_effects(move |effects| assert_eq!(timers(effects), expected))
        .run();
}

#[test]
fn events_without_a_conversation_are_ignored() {
    let mut event = message(&steps()[0].done);
    event.metadata = None;
    let heard = CheckoutFlowAction::from_event(&event);
    assert_eq!(heard, None);
    let another = message(&("SomethingElse.v1", vec![0; 64]));
    let heard = CheckoutFlowAction::from_event(&another);
    assert_eq!(heard, None);
}

#[test]
fn actions_are_decoded_as_encoded() {
    for step in steps() {
        let event = message(&step.done);
        let action = CheckoutFlowAction::from_event(&event).unwrap();
        let bytes = bincode::serialize(&action).unwrap();
        let read: CheckoutFlowAction = bincode::deserialize(&bytes).unwrap();
        assert_eq!(read, action);
        assert_eq!(read.event_type(), event.event_type);
    }
}

#[tokio::test]
async fn events_are_taken_from_the_bus_until_the_service_is_stopped() {
    let service = Service::in_memory();
    let bus = service.bus("test").unwrap();
    let running = tokio::spawn(run(service.clone()));
    let stream = StreamId::new(stream_id("c-1"));
    let event = message(&steps()[0].done);
    // Messages sent before `run` listens are lost.
    let is_heard = async {
        loop {
            bus.publish(TOPICS[0], &event).await.unwrap();
            tokio::task::yield_now().await;
            let stored = service.event_store.load_events(stream.clone(), None).await;
            if !stored.unwrap().is_empty() {
                break;
            }
        }
    };
    in_time(is_heard).await;
    service.stop();
    in_time(running).await.unwrap().unwrap();
}
