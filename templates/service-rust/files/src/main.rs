//! Runs the service until Ctrl-C or SIGTERM.

use sample_shop::service::{Failure, Service};

use tokio::signal;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let service = Service::from_env().await?;
    let stopping = service.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        stopping.stop();
    });
    sample_shop::run(&service).await
}

async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = signal::ctrl_c() => return,
        }
    }
    let _ = signal::ctrl_c().await;
}
