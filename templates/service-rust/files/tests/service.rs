use sample_shop::service::Service;

use composable_rust_core::event::SerializedEvent;

#[tokio::test]
async fn events_arrive_until_the_service_is_stopped() {
    let service = Service::in_memory();
    let bus = service.bus("test").unwrap();
    let mut events = bus.subscribe(&["test-events"]).await.unwrap();
    let event = SerializedEvent::new("Tested.v1".to_string(), vec![1], None);
    bus.publish("test-events", &event).await.unwrap();
    assert_eq!(service.next(&mut events).await.unwrap().data, [1]);
    service.stop();
    assert!(service.next(&mut events).await.is_none());
}

#[tokio::test]
async fn the_service_runs_until_it_is_stopped() {
    let service = Service::in_memory();
    let running = tokio::spawn({
        let service = service.clone();
        async move { sample_shop::run(&service).await }
    });
    service.stop();
    running.await.unwrap().unwrap();
}
