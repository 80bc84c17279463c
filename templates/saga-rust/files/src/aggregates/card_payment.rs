use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CardPaymentAction {
    CompleteCardPayment {
        order_line_id: Uuid,
    },
    RefundCardPayment {
        order_line_id: Uuid,
    },
    CardPaymentCompleted {
        order_line_id: Uuid,
    },
    CardPaymentFailed {
        order_line_id: Uuid,
        reason: String,
    },
    CardPaymentRefunded {
        order_line_id: Uuid,
    },
}
