use super::*;

use composable_rust_core::effect::EventStoreOperation;
use composable_rust_testing::{ReducerTest, assertions, test_clock};

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

/// One of each, in their order.
#[rustfmt::skip] // One line each.
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
    }
}

/// A message of the conversation `c-1`.
fn message(command: &OrderLineAction) -> SerializedEvent {
    let mut message = command.to_serialized(DateTime::UNIX_EPOCH).unwrap();
    message.metadata = Some(EventMetadata::with_correlation_id("c-1"));
    message
}

fn bytes(event: &SerializedEvent) -> Vec<u8> {
    bincode::serialize(event).unwrap()
}

async fn stored(service: &Service) -> Vec<Vec<u8>> {
    let id = place_order_line().id().unwrap();
    let stream = StreamId::new(stream_id(&id));
    let events = service.event_store.load_events(stream, None).await.unwrap();
    events.iter().map(bytes).collect()
}

/// What the store is asked to take.
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
fn a_command_counts_only_once_it_is_stored() {
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
fn what_is_stored_counts_and_is_published() {
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

// crbus:if creation.failure
#[test]
fn place_order_line_may_lead_to_order_line_rejected() {
    let command = OrderLineAction::PlaceOrderLine {
        // crbus:put `Uuid::from_u128(7)` is creation.refused_id_rust
        order_line_id: Uuid::from_u128(7),
        // crbus:each field of creation.fields; `100_001` is field.refused_rust
        line_total: 100_001,
        // crbus:end
    };
    ReducerTest::new(OrderLineReducer)
        .with_env(environment(&Service::in_memory()))
        .given_state(OrderLineState::default())
        .when_action(command)
        .then_effects(|effects| {
            let expected = "OrderLineRejected.v1";
            let [event] = &appended(effects)[..] else {
                panic!("{effects:?}");
            };
            assert_eq!(event.event_type(), expected);
        })
        .run();
}

// crbus:end
// crbus:each change of changes
// crbus:if change.failure
#[test]
fn cancel_order_line_may_lead_to_order_line_cancel_rejected() {
    let mut state = OrderLineState::default();
    state.apply(&order_line_placed());
    let command = OrderLineAction::CancelOrderLine {
        // crbus:put `Uuid::nil()` is change.refused_id_rust
        order_line_id: Uuid::nil(),
        // crbus:each field of change.fields; reason is field.name; `"example".to_string()` is field.refused_rust
        reason: "example".to_string(),
        // crbus:end
    };
    ReducerTest::new(OrderLineReducer)
        .with_env(environment(&Service::in_memory()))
        .given_state(state)
        .when_action(command)
        .then_effects(|effects| {
            let expected = "OrderLineCancelRejected.v1";
            let [event] = &appended(effects)[..] else {
                panic!("{effects:?}");
            };
            assert_eq!(event.event_type(), expected);
        })
        .run();
}

// crbus:end
// crbus:end
#[test]
fn bytes_are_read_back_and_begin_with_the_place_of_the_variant() {
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
    env.handle(&command).await.unwrap();
    let event = service.next(&mut published).await.unwrap();
    let expected = order_line_placed();
    let read = OrderLineAction::from_serialized(&event).unwrap();
    assert_eq!(read, expected);
    assert_eq!(event.event_type, "OrderLinePlaced.v1");
    seen.push(bytes(&event));

    // crbus:each change of changes
    let command = message(&cancel_order_line());
    env.handle(&command).await.unwrap();
    let event = service.next(&mut published).await.unwrap();
    let expected = order_line_cancelled();
    let read = OrderLineAction::from_serialized(&event).unwrap();
    assert_eq!(read, expected);
    assert_eq!(event.event_type, "OrderLineCancelled.v1");
    seen.push(bytes(&event));

    // crbus:end
    assert_eq!(stored(&service).await, seen);
}

#[tokio::test]
async fn events_carry_what_they_come_of() {
    let service = Service::in_memory();
    let env = environment(&service);
    let mut published = env.event_bus.subscribe(&[EVENTS]).await.unwrap();
    let command = message(&place_order_line());
    env.handle(&command).await.unwrap();
    let event = service.next(&mut published).await.unwrap();
    let metadata = event.metadata.unwrap();
    assert_eq!(metadata.correlation_id.as_deref(), Some("c-1"));
    assert!(metadata.causation_id.is_some());
    let now = Some("2025-01-01T00:00:00.000Z");
    assert_eq!(metadata.timestamp.as_deref(), now);
}

#[tokio::test]
async fn a_message_that_comes_again_only_publishes_again() {
    let service = Service::in_memory();
    let env = environment(&service);
    let mut published = env.event_bus.subscribe(&[EVENTS]).await.unwrap();
    let command = message(&place_order_line());
    env.handle(&command).await.unwrap();
    let first = service.next(&mut published).await.unwrap();
    env.handle(&command).await.unwrap();
    let again = service.next(&mut published).await.unwrap();
    assert_eq!(bytes(&again), bytes(&first));
    assert_eq!(stored(&service).await, [bytes(&first)]);
}

#[tokio::test]
async fn a_command_that_does_not_apply_changes_nothing() {
    let service = Service::in_memory();
    let env = environment(&service);
    let command = message(&place_order_line());
    env.handle(&command).await.unwrap();
    let before = stored(&service).await;
    let mut another = command;
    another.metadata = Some(EventMetadata::with_correlation_id("c-2"));
    env.handle(&another).await.unwrap();
    assert_eq!(stored(&service).await, before);
}

#[tokio::test]
async fn what_is_no_command_is_passed_over() {
    let service = Service::in_memory();
    let env = environment(&service);
    let command = message(&order_line_placed());
    env.handle(&command).await.unwrap();
    assert!(stored(&service).await.is_empty());
}

#[tokio::test]
async fn commands_are_taken_from_the_bus_until_the_service_is_stopped() {
    let service = Service::in_memory();
    let bus = service.bus("test").unwrap();
    let mut published = bus.subscribe(&[EVENTS]).await.unwrap();
    let running = tokio::spawn(run(service.clone()));
    let event = loop {
        // Nobody hears what is sent before `run` listens.
        let command = message(&place_order_line());
        bus.publish(COMMANDS, &command).await.unwrap();
        tokio::select! {
            event = service.next(&mut published) => break event.unwrap(),
            () = tokio::task::yield_now() => {}
        }
    };
    assert_eq!(event.event_type, "OrderLinePlaced.v1");
    service.stop();
    running.await.unwrap().unwrap();
}
