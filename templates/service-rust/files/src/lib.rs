//! Sample shop.

pub mod aggregates;
pub mod dead_letters;
pub mod sagas;
pub mod service;

use service::{Failure, Service};
use tokio::task::JoinSet;

/// Runs what the service is made of until it is stopped. When one part ends, the others finish what they have in hand.
///
/// # Errors
///
/// What the first part failed with that did.
pub async fn run(service: &Service) -> Result<(), Failure> {
    let mut parts = JoinSet::new();
    parts.spawn(service::until_stopped(service.clone()));
    let mut outcome = Ok(());
    while let Some(ended) = parts.join_next().await {
        service.stop();
        outcome = outcome.and(ended.unwrap_or_else(|error| Err(error.into())));
    }
    outcome
}
