//! Two preludes, of which only one has a Duration.

#[allow(unused_imports)]
use chrono::prelude::*;
use std::time::*;

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(Duration),
    B(NaiveDate),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A(Duration::new(u64::MAX, 500)));
    crbus_hard_cases::print(&OrderEvent::B(NaiveDate::from_ymd_opt(2026, 12, 1).unwrap()));
}
