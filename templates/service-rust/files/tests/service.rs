use sample_shop::service::Service;

use composable_rust_core::event::SerializedEvent;
use std::time::Duration;
use tokio::time::timeout;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn events_arrive_until_the_service_is_stopped() {
    let service = Service::in_memory();
    let bus = service.bus("test").unwrap();
    let mut events = bus.subscribe(&["test-events"]).await.unwrap();
    let event = SerializedEvent::new("Tested.v1".to_string(), vec![1], None);
    bus.publish("test-events", &event).await.unwrap();
    let next = timeout(PATIENCE, service.next(&mut events)).await;
    assert_eq!(next.expect("no event arrived in time").unwrap().data, [1]);
    service.stop();
    let next = timeout(PATIENCE, service.next(&mut events)).await;
    assert!(next.expect("the subscription did not end").is_none());
}

#[tokio::test]
async fn the_service_runs_until_it_is_stopped() {
    let service = Service::in_memory();
    let running = tokio::spawn({
        let service = service.clone();
        async move { sample_shop::run(&service).await }
    });
    service.stop();
    let ended = timeout(PATIENCE, running).await;
    ended.expect("the service did not stop").unwrap().unwrap();
}

#[tokio::test]
async fn dead_letters_are_kept_with_their_reason() {
    let service = Service::in_memory();
    let event = SerializedEvent::new("Tested.v1".to_string(), vec![1], None);
    let kept = service.dead_letters.add("test-commands", &event, "a test");
    kept.await.unwrap();
    let letter = service.dead_letters.in_memory.peek().unwrap();
    assert_eq!(letter.payload.event_type, "Tested.v1");
    assert_eq!(letter.error_message, "a test");
}
