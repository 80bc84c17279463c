use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OrderLineAction {
    CancelOrderLine {
        order_line_id: Uuid,
    },
    OrderLinePlaced {
        order_line_id: Uuid,
        line_total: i64,
    },
    OrderLineCancelled {
        order_line_id: Uuid,
    },
    OrderLineRejected {
        order_line_id: Uuid,
        reason: String,
    },
    OrderLineNoted {
        order_line_id: Uuid,
    },
}
