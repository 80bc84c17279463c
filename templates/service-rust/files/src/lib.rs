//! Sample shop.

pub mod aggregates;
pub mod dead_letters;
pub mod sagas;
pub mod service;

use service::{Failure, Service};
use tokio::task::JoinSet;

/// Runs the aggregates and sagas until the service is stopped. When one of them ends, the others finish their current message
/// and stop.
///
/// # Errors
///
/// The error of the first part that failed.
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
