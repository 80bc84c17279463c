import type { HelpPage, HelpRow } from './help-page.ts'
import { HELP_PAGES } from './page-names.ts'

/** Expressions, each true for an event that the test of this page publishes. */
export const whereExamples: readonly HelpRow[] = [
  ['data.total > 100', 'a number of the payload'],
  ['data.status == "paid"', 'a text'],
  ['data.status != "paid" || data.total >= 1000', 'or; and is &&, not is !'],
  ['event_type == "OrderPlaced.v1"', 'one event type'],
  ['event_type in ["OrderPlaced.v1", "OrderPaid.v1"]', 'one of several texts'],
  ['event_type.startsWith("Order")', 'also endsWith and contains'],
  ['event_type.matches("^Order(Placed|Paid)")', 'a regular expression of RE2'],
  ['has(data.coupon)', 'the field exists'],
  ['has(data.coupon) && data.coupon.size() > 3', 'length of a text or list'],
  ['data.customer.country == "DE"', 'a field inside another'],
  ['data.items[0].sku == "sku-1"', 'an item of a list'],
  ['data.items.exists(item, item.quantity > 1)', 'at least one item'],
  ['data.items.all(item, item.quantity > 0)', 'every item'],
  ['data.items.filter(item, item.quantity > 1).size() == 1', 'count the items'],
  ['data["order-id"] == "o-1"', 'a field whose name is not a plain word'],
  ['metadata.correlation_id == "c-42"', 'a field of the metadata'],
  ['key == "o-1" && partition == 0 && offset >= 0', 'the record'],
  ['timestamp > timestamp("2026-11-23T09:00:00Z")', 'the timestamp of the record'],
  ['timestamp > timestamp("2026-11-23T10:00:00Z") - duration("1h")', 'a duration'],
  ['int(data.amount) + 1 == 43', 'a number in a text; also double and string'],
]

/** The page of `crbus help where`. */
export const wherePage: HelpPage = {
  summary: HELP_PAGES.where,
  sections: [
    {
      title: 'USE',
      text: '--where takes an expression in CEL, the Common Expression Language, and shows the events for which it is true. Put it in single quotes, since it contains double quotes.',
      rows: [["crbus tail order-events --where 'data.total > 100' --from @-1h", 'orders of the last hour']],
    },
    {
      title: 'VARIABLES',
      rows: [
        ['topic, partition, offset', 'position of the record'],
        ['timestamp', 'timestamp of the record'],
        ['key', 'record key as text, or null'],
        ['event_type, event_version', 'type and version of the event'],
        ['metadata', 'correlation_id, causation_id, user_id, timestamp and other metadata'],
        ['data', 'the decoded payload'],
      ],
    },
    { title: 'EXAMPLES', rows: whereExamples },
    {
      title: 'NOTES',
      text: 'An event without a field that the expression reads is not shown; has(data.field) tests for one. Bytes equal their base64 text, and integers beyond 2^53 equal their digits. An expression may take 20 million steps for one event.',
    },
  ],
}
