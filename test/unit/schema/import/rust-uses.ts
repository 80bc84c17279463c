/** The `use` declarations of most tests. */
export const uses = `
use serde::{Serialize, Deserialize};
use std::collections::*;
use std::sync::{Arc, Mutex};
use std::rc::Rc;
use std::borrow::Cow;
use std::marker::PhantomData;
use chrono::{DateTime, Utc, NaiveDate};
use uuid::Uuid;
use rust_decimal::Decimal;
`
