/**
 * Returns the fields of one struct with related values adjusted: a total becomes the sum of the items, an email address gets the
 * name of its owner. A total stays unchanged if the sum exceeds `max`, the largest value of the field's type.
 */
export function withRelatedFields(fields: Readonly<Record<string, unknown>>, max: (field: string) => bigint): object {
  return { ...fields, ...totalOf(fields, max), ...emailOf(fields) }
}

const isTotal = /^(?:grand_|order_|sub)?total(?:_(?:price|amount|cents))?$/
const isPrice = /(?:^|_)price(?:_cents)?$/
const isQuantity = /^(?:quantity|qty)$/

/** Returns the field of the total with the sum of price × quantity, or no field if there is nothing to sum. */
function totalOf(fields: Readonly<Record<string, unknown>>, max: (field: string) => bigint): object {
  const name = Object.keys(fields).find((field) => isTotal.test(field) && typeof fields[field] === 'number')
  const items = Object.values(fields).find((value): value is object[] => Array.isArray(value) && value.every(isObject))
  if (name === undefined || items === undefined || items.length === 0) return {}
  let total = 0
  for (const item of items) {
    const price = numberNamed(item, isPrice)
    if (price === undefined) return {}
    total += price * (numberNamed(item, isQuantity) ?? 1)
  }
  const rounded = Math.round(total * 100) / 100
  return rounded <= max(name) ? { [name]: rounded } : {}
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function numberNamed(item: object, pattern: RegExp): number | undefined {
  const [, value] = Object.entries(item).find(([name]) => pattern.test(name)) ?? []
  return typeof value === 'number' ? value : undefined
}

function emailOf({ email, name, full_name, first_name, last_name }: Readonly<Record<string, unknown>>): object {
  const ownerName =
    typeof first_name === 'string' && typeof last_name === 'string' ? `${first_name} ${last_name}` : (full_name ?? name)
  if (typeof email !== 'string' || typeof ownerName !== 'string') return {}
  const words = ownerName
    .toLowerCase()
    .match(/[a-z]{3,}/g)
    ?.slice(0, 2)
  return words === undefined ? {} : { email: `${words.join('.')}${email.slice(email.indexOf('@'))}` }
}
