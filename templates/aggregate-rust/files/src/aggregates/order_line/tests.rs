use super::*;

use composable_rust_core::effect::EventStoreOperation;
use composable_rust_core::event_bus::EventStream;
use composable_rust_testing::{ReducerTest, assertions, test_clock};
use tokio::time::timeout;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

fn place_order_line() -> OrderLineAction {
    OrderLineAction::PlaceOrderLine {
        // crbus:put `Uuid::from_u128(7)` is id.example_rust
        order_line_id: Uuid::from_u128(7),
        // crbus:each field of creation.fields; 1250 is field.example_rust
        line_total: 1250,
        // crbus:end
    }
}

// crbus:each change of changes
fn cancel_order_line() -> OrderLineAction {
    OrderLineAction::CancelOrderLine {
        // crbus:put `Uuid::from_u128(7)` is id.example_rust
        order_line_id: Uuid::from_u128(7),
        // crbus:each field of change.fields; reason is field.name; `"example".to_string()` is field.example_rust
        reason: "example".to_string(),
        // crbus:end
    }
}

// crbus:end
// crbus:each event of all
fn order_line_placed() -> OrderLineAction {
    OrderLineAction::OrderLinePlaced {
        // crbus:put `Uuid::from_u128(7)` is id.example_rust
        order_line_id: Uuid::from_u128(7),
        // crbus:each field of event.fields; 1250 is field.example_rust
        line_total: 1250,
        // crbus:end
    }
}

// crbus:end
// crbus:here
fn order_line_rejected() -> OrderLineAction {
    OrderLineAction::OrderLineRejected {
        order_line_id: Uuid::from_u128(7),
        line_total: 1250,
        reason: "example".to_string(),
    }
}

fn order_line_cancelled() -> OrderLineAction {
    OrderLineAction::OrderLineCancelled {
        order_line_id: Uuid::from_u128(7),
        reason: "example".to_string(),
    }
}

fn order_line_cancel_rejected() -> OrderLineAction {
    OrderLineAction::OrderLineCancelRejected {
        order_line_id: Uuid::from_u128(7),
        reason: "example".to_string(),
        because: "example".to_string(),
    }
}

// crbus:end
type Actions = Vec<OrderLineAction>;

/// One action of each variant, in the order of the enum.
#[rustfmt::skip] // One line for each action.
fn actions() -> Actions {
    vec![
        place_order_line(),
        // crbus:each change of changes
        cancel_order_line(),
        // crbus:end
        // crbus:each event of all
        order_line_placed(),
        // crbus:end
        // crbus:here
        order_line_rejected(),
        order_line_cancelled(),
        order_line_cancel_rejected(),
        // crbus:end
    ]
}

fn environment(service: &Service) -> OrderLineEnvironment {
    OrderLineEnvironment {
        event_store: service.event_store.clone(),
        event_bus: service.bus(GROUP).unwrap(),
        clock: Arc::new(test_clock()),
        dead_letters: service.dead_letters.clone(),
    }
}

/// Creates a message of the conversation `c-1`.
fn message(command: &OrderLineAction) -> SerializedEvent {
    let mut message = command.to_serialized(DateTime::UNIX_EPOCH).unwrap();
    message.metadata = Some(EventMetadata::with_correlation_id("c-1"));
    message
}

fn bytes(event: &SerializedEvent) -> Vec<u8> {
    bincode::serialize(event).unwrap()
}

/// Returns the next event. Fails the test if no event is published in time.
async fn next(service: &Service, events: &mut EventStream) -> SerializedEvent {
    let event = timeout(PATIENCE, service.next(events)).await;
    event.expect("no event was published in time").unwrap()
}

/// Handles a command. Fails the test if the command is not settled in time.
async fn handle(env: &OrderLineEnvironment, command: &SerializedEvent) -> Outcome {
    let handled = timeout(PATIENCE, env.handle(command)).await;
    handled.expect("the command was not settled").unwrap()
}

async fn stored(service: &Service) -> Vec<Vec<u8>> {
    let id = place_order_line().id().unwrap();
    let stream = StreamId::new(stream_id(&id));
    let events = service.event_store.load_events(stream, None).await.unwrap();
    events.iter().map(bytes).collect()
}

/// Returns the actions that the effects append to the store.
fn appended(effects: &[Effect<OrderLineAction>]) -> Actions {
    let [
        Effect::EventStore(EventStoreOperation::AppendEvents {
            events,
            ..
        }),
    ] = effects
    else {
        return Vec::new();
    };
    let read = |event| OrderLineAction::from_serialized(event).unwrap();
    events.iter().map(read).collect()
}

#[test]
fn a_command_changes_the_state_only_after_its_event_is_stored() {
    ReducerTest::new(OrderLineReducer)
        .with_env(environment(&Service::in_memory()))
        .given_state(OrderLineState::default())
        .when_action(place_order_line())
        .then_state(|state| assert_eq!(*state, OrderLineState::default()))
        .then_effects(|effects| {
            let expected = order_line_placed();
            assert_eq!(appended(effects), [expected]);
        })
        .run();
}

#[test]
fn a_stored_event_changes_the_state_and_is_published() {
    ReducerTest::new(OrderLineReducer)
        .with_env(environment(&Service::in_memory()))
        .given_state(OrderLineState::default())
        .when_action(OrderLineAction::Persisted {
            event: Box::new(order_line_placed()),
            version: 1,
            at: DateTime::UNIX_EPOCH,
        })
        .then_state(|state| {
            let status = OrderLineStatus::OrderLinePlaced;
            assert_eq!(state.status, status);
            assert_eq!(state.version, Some(Version::new(1)));
        })
        .then_effects(|effects| {
            let [Effect::Sequential(steps)] = effects else {
                panic!("{effects:?}");
            };
            assertions::assert_has_publish_event_effect(steps);
        })
        .run();
}

/// Returns the events that a command leads to after a history of events.
fn decided(history: &[OrderLineAction], command: OrderLineAction) -> Actions {
    let mut state = OrderLineState::default();
    for event in history {
        state.apply(event);
    }
    let env = environment(&Service::in_memory());
    let before = state.clone();
    let effects = OrderLineReducer.reduce(&mut state, command, &env);
    assert_eq!(state, before);
    appended(&effects)
}

/// The events that lead to each status.
#[rustfmt::skip] // One line for each status.
fn histories() -> Vec<(OrderLineStatus, Actions)> {
    vec![
        (OrderLineStatus::New, vec![]),
        (OrderLineStatus::OrderLinePlaced, vec![order_line_placed()]),
        // crbus:each change of changes
        (OrderLineStatus::OrderLineCancelled, vec![order_line_placed(), order_line_cancelled()]),
        // crbus:end
    ]
}

/// Each command with its event and the status after that event.
#[rustfmt::skip] // One line for each command.
fn steps() -> Vec<(OrderLineAction, OrderLineAction, OrderLineStatus)> {
    vec![
        (place_order_line(), order_line_placed(), OrderLineStatus::OrderLinePlaced),
        // crbus:each change of changes
        (cancel_order_line(), order_line_cancelled(), OrderLineStatus::OrderLineCancelled),
        // crbus:end
    ]
}

/// The valid transitions.
#[rustfmt::skip] // One line for each transition.
const FOLLOWING: &[(OrderLineStatus, OrderLineStatus)] = &[
    (OrderLineStatus::New, OrderLineStatus::OrderLinePlaced),
    // crbus:each change of changes
    // crbus:each status of change.follows; OrderLinePlaced is status.name
    (OrderLineStatus::OrderLinePlaced, OrderLineStatus::OrderLineCancelled),
    // crbus:end
    // crbus:end
];

#[test]
fn a_command_applies_only_in_statuses_that_its_event_may_follow() {
    for (before, history) in histories() {
        for (command, event, next) in steps() {
            let events = decided(&history, command);
            let is_done = events.contains(&event);
            let applies = FOLLOWING.contains(&(before, next));
            assert_eq!(is_done, applies, "{next:?} after {before:?}");
        }
    }
}

#[test]
fn a_stream_is_reduced_to_the_state_after_its_events() {
    for (status, history) in histories() {
        let mut stream = Vec::new();
        for event in &history {
            stream.push(event.to_serialized(DateTime::UNIX_EPOCH).unwrap());
        }
        let state = OrderLineState::of(&stream).unwrap();
        assert_eq!(state.status, status);
        let version = Version::new(history.len() as u64);
        assert_eq!(state.version, Some(version));
        // crbus:if creation.fields
        if history.is_empty() {
            continue;
        }
        // crbus:end
        // crbus:each field of creation.fields; `1250` is field.example_rust
        let expected = 1250;
        assert_eq!(state.line_total, expected);
        // crbus:end
    }
}

// crbus:if creation.failure
#[test]
fn a_refused_place_order_line_leads_to_order_line_rejected() {
    // crbus:as creation.refused_commands_rust
    let refused = [
        (
            OrderLineAction::PlaceOrderLine {
                order_line_id: Uuid::nil(),
                line_total: 1250,
            },
            "order_line_id is empty",
        ),
        (
            OrderLineAction::PlaceOrderLine {
                order_line_id: Uuid::from_u128(7),
                line_total: -1,
            },
            "line_total is not from 0 to 100000",
        ),
        (
            OrderLineAction::PlaceOrderLine {
                order_line_id: Uuid::from_u128(7),
                line_total: 100_001,
            },
            "line_total is not from 0 to 100000",
        ),
    ];
    // crbus:end
    for (command, why) in refused {
        let events = decided(&[], command);
        let types: Vec<_> = events.iter().map(|event| event.event_type()).collect();
        assert_eq!(types, ["OrderLineRejected.v1"], "{why}");
        // crbus:if creation.failure.is_told
        assert!(format!("{events:?}").contains(why), "{events:?}");
        // crbus:end
    }
}

// crbus:if creation.limited
#[test]
fn place_order_line_accepts_its_limits() {
    // crbus:as creation.accepted_commands_rust
    let accepted = [
        OrderLineAction::PlaceOrderLine {
            order_line_id: Uuid::from_u128(7),
            line_total: 0,
        },
        OrderLineAction::PlaceOrderLine {
            order_line_id: Uuid::from_u128(7),
            line_total: 100_000,
        },
    ];
    // crbus:end
    for command in accepted {
        let events = decided(&[], command);
        let types: Vec<_> = events.iter().map(|event| event.event_type()).collect();
        assert_eq!(types, ["OrderLinePlaced.v1"]);
    }
}

// crbus:end
// crbus:end
// crbus:each change of changes
// crbus:if change.failure
#[test]
fn a_refused_cancel_order_line_leads_to_order_line_cancel_rejected() {
    // crbus:as change.refused_commands_rust
    let refused = [(
        OrderLineAction::CancelOrderLine {
            order_line_id: Uuid::nil(),
            reason: "example".to_string(),
        },
        "order_line_id is empty",
    )];
    // crbus:end
    for (command, why) in refused {
        let events = decided(&[order_line_placed()], command);
        let types: Vec<_> = events.iter().map(|event| event.event_type()).collect();
        assert_eq!(types, ["OrderLineCancelRejected.v1"], "{why}");
        // crbus:if change.failure.is_told
        assert!(format!("{events:?}").contains(why), "{events:?}");
        // crbus:end
    }
}

// crbus:if change.limited
#[test]
fn cancel_order_line_accepts_its_limits() {
    // crbus:as change.accepted_commands_rust
    let accepted = [cancel_order_line()];
    // crbus:end
    for command in accepted {
        let events = decided(&[order_line_placed()], command);
        let types: Vec<_> = events.iter().map(|event| event.event_type()).collect();
        assert_eq!(types, ["OrderLineCancelled.v1"]);
    }
}

// crbus:end
// crbus:end
// crbus:end
#[test]
fn topics_and_group_are_named_after_the_aggregate() {
    assert_eq!(COMMANDS, "order-line-commands");
    assert_eq!(EVENTS, "order-line-events");
    assert_eq!(GROUP, "order-line-aggregate");
}

#[test]
fn actions_are_decoded_as_encoded_and_begin_with_the_index_of_the_variant() {
    for (place, action) in actions().into_iter().enumerate() {
        let written = action.to_serialized(DateTime::UNIX_EPOCH).unwrap();
        let read = OrderLineAction::from_serialized(&written).unwrap();
        assert_eq!(read, action);
        let number: u32 = bincode::deserialize(&written.data).unwrap();
        assert_eq!(number as usize, place);
    }
}

#[tokio::test]
async fn commands_lead_to_events_that_are_stored_and_published() {
    let service = Service::in_memory();
    let env = environment(&service);
    let mut published = env.event_bus.subscribe(&[EVENTS]).await.unwrap();
    let mut seen = Vec::new();

    let command = message(&place_order_line());
    handle(&env, &command).await;
    let event = next(&service, &mut published).await;
    let expected = order_line_placed();
    let read = OrderLineAction::from_serialized(&event).unwrap();
    assert_eq!(read, expected);
    assert_eq!(event.event_type, "OrderLinePlaced.v1");
    seen.push(bytes(&event));

    // crbus:each change of changes
    let command = message(&cancel_order_line());
    handle(&env, &command).await;
    let event = next(&service, &mut published).await;
    let expected = order_line_cancelled();
    let read = OrderLineAction::from_serialized(&event).unwrap();
    assert_eq!(read, expected);
    assert_eq!(event.event_type, "OrderLineCancelled.v1");
    seen.push(bytes(&event));

    // crbus:end
    assert_eq!(stored(&service).await, seen);
}

#[tokio::test]
async fn events_carry_correlation_id_causation_id_and_time() {
    let service = Service::in_memory();
    let env = environment(&service);
    let mut published = env.event_bus.subscribe(&[EVENTS]).await.unwrap();
    let command = message(&place_order_line());
    handle(&env, &command).await;
    let event = next(&service, &mut published).await;
    let metadata = event.metadata.unwrap();
    assert_eq!(metadata.correlation_id.as_deref(), Some("c-1"));
    assert!(metadata.causation_id.is_some());
    let now = Some("2025-01-01T00:00:00.000Z");
    assert_eq!(metadata.timestamp.as_deref(), now);
}

#[tokio::test]
async fn a_repeated_message_only_publishes_its_event_again() {
    let service = Service::in_memory();
    let env = environment(&service);
    let mut published = env.event_bus.subscribe(&[EVENTS]).await.unwrap();
    let command = message(&place_order_line());
    handle(&env, &command).await;
    let first = next(&service, &mut published).await;
    handle(&env, &command).await;
    let again = next(&service, &mut published).await;
    assert_eq!(bytes(&again), bytes(&first));
    assert_eq!(stored(&service).await, [bytes(&first)]);
}

#[tokio::test]
async fn a_command_that_does_not_apply_changes_nothing() {
    let service = Service::in_memory();
    let env = environment(&service);
    let command = message(&place_order_line());
    handle(&env, &command).await;
    let before = stored(&service).await;
    let mut another = command;
    another.metadata = Some(EventMetadata::with_correlation_id("c-2"));
    handle(&env, &another).await;
    assert_eq!(stored(&service).await, before);
}

#[tokio::test]
async fn a_command_that_does_not_apply_leads_to_its_failure_event_or_a_dead_letter() {
    for (before, history) in histories() {
        for (command, _, next) in steps() {
            if before == next || FOLLOWING.contains(&(before, next)) {
                continue;
            }
            let service = Service::in_memory();
            let env = environment(&service);
            let mut stream = Vec::new();
            for event in &history {
                stream.push(event.to_serialized(DateTime::UNIX_EPOCH).unwrap());
            }
            let id = StreamId::new(stream_id(&command.id().unwrap()));
            if !stream.is_empty() {
                let first = Some(Version::INITIAL);
                let appended = service.event_store.append_events(id, first, stream);
                appended.await.unwrap();
            }
            let outcome = handle(&env, &message(&command)).await;
            let kept = service.dead_letters.in_memory.peek();
            let reason = format!("{next:?} may not follow {before:?}");
            if stored(&service).await.len() > history.len() {
                assert_eq!(outcome, Outcome::Done);
                assert!(kept.is_none());
            } else {
                assert_eq!(outcome, Outcome::Refused(reason.clone()));
                let letter = kept.unwrap();
                assert_eq!(letter.error_message, reason);
                assert_eq!(bytes(&letter.payload), bytes(&message(&command)));
            }
        }
    }
}

#[tokio::test]
async fn a_message_that_is_not_a_command_becomes_a_dead_letter() {
    let service = Service::in_memory();
    let env = environment(&service);
    let event = message(&order_line_placed());
    let outcome = handle(&env, &event).await;
    assert!(matches!(outcome, Outcome::Refused(_)));
    let letter = service.dead_letters.in_memory.peek().unwrap();
    assert_eq!(bytes(&letter.payload), bytes(&event));
    assert!(stored(&service).await.is_empty());
}

#[tokio::test]
async fn commands_are_taken_from_the_bus_until_the_service_is_stopped() {
    let service = Service::in_memory();
    let bus = service.bus("test").unwrap();
    let mut published = bus.subscribe(&[EVENTS]).await.unwrap();
    let running = tokio::spawn(run(service.clone()));
    let first = async {
        loop {
            // Messages sent before `run` listens are lost.
            let command = message(&place_order_line());
            bus.publish(COMMANDS, &command).await.unwrap();
            tokio::select! {
                event = service.next(&mut published) => break event.unwrap(),
                () = tokio::task::yield_now() => {}
            }
        }
    };
    let event = timeout(PATIENCE, first).await;
    let event = event.expect("no event was published in time");
    assert_eq!(event.event_type, "OrderLinePlaced.v1");
    service.stop();
    let ended = timeout(PATIENCE, running).await;
    let ended = ended.expect("the aggregate did not stop in time");
    ended.unwrap().unwrap();
}
