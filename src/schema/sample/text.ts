import type { Faker } from '@faker-js/faker'

/** What surrounds a value: the names that may say what it means. */
export interface Place {
  /** The field, then the newtypes around the value, each in snake case: `order_id`. */
  readonly names: readonly string[]
  /** The struct or variant it is a field of, in snake case. */
  readonly owner: string
  /** When the event happened, in milliseconds. */
  readonly at: number
}

/** `customerId`, `CustomerId` and `customer_id` are one name. */
export const snakeCase = (name: string): string =>
  name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .toLowerCase()

type Make = (faker: Faker, name: string, place: Place) => string

const pick =
  (...texts: readonly string[]): Make =>
  (faker) =>
    faker.helpers.arrayElement(texts)

/** Any of these words, whole, anywhere in a name. */
const word = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})(?:_|$)`)
/** A name that ends in one of these. */
const last = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})$`)

/** From the particular to the general: the first that fits a name says what the text is. */
const rules: readonly (readonly [name: RegExp, make: Make])[] = [
  [last('e_?mail(?:_address)?'), (faker) => faker.internet.email().toLowerCase()],
  [word('user_agent'), (faker) => faker.internet.userAgent()],
  [last('(?:ip|ip_address|remote_addr|client_ip)'), (faker) => faker.internet.ipv4()],
  [word('mac'), (faker) => faker.internet.mac()],
  [
    last('(?:uuid|guid|correlation_id|causation_id|trace_id|request_id|session_id|idempotency_key)'),
    (faker) => faker.string.uuid(),
  ],
  [
    last('(?:url|uri|link|href|website|homepage|webhook|callback)'),
    (faker) => `https://${faker.internet.domainName()}/${faker.lorem.slug(2)}`,
  ],
  [last('(?:domain|host|hostname)'), (faker) => faker.internet.domainName()],
  [word('phone|mobile|telephone|fax'), (faker) => faker.phone.number({ style: 'international' })],
  [last('first_name|given_name|forename'), (faker) => faker.person.firstName()],
  [last('last_name|family_name|surname'), (faker) => faker.person.lastName()],
  [last('user_?name|login|handle|nick(?:name)?'), (faker) => faker.internet.username().toLowerCase()],
  [
    last('(?:company|organi[sz]ation|merchant|vendor|supplier|employer|brand|manufacturer)(?:_name)?'),
    (faker) => faker.company.name(),
  ],
  [last('(?:product|item|article)(?:_(?:name|title))?'), (faker) => faker.commerce.productName()],
  [
    last(
      '(?:full_name|customer|customer_name|user|user_name|person|recipient|sender|author|owner|holder|cardholder|contact|employee|passenger|guest|driver|assignee|agent)(?:_name)?',
    ),
    (faker) => faker.person.fullName(),
  ],
  [word('street|address_line|line_?[12]'), (faker) => faker.location.streetAddress()],
  [last('(?:country_code|country_iso|iso_country)'), (faker) => faker.location.countryCode()],
  [last('country(?:_name)?'), (faker) => faker.location.country()],
  [last('(?:city|town)(?:_name)?'), (faker) => faker.location.city()],
  [last('(?:zip|postal_?code|post_?code|zip_?code|plz)'), (faker) => faker.location.zipCode('#####')],
  [last('(?:county|region|province)'), (faker) => faker.location.state()],
  [last('(?:time_?zone|tz)'), pick('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC')],
  [last('address'), (faker) => `${faker.location.streetAddress()}, ${faker.location.city()}`],
  [
    last('(?:sku|article_number|product_code)'),
    (faker) => `${faker.string.alpha({ length: 3, casing: 'upper' })}-${faker.string.numeric(4)}`,
  ],
  [last('(?:ean|gtin|barcode|upc)'), (faker) => faker.string.numeric(13)],
  [last('isbn'), (faker) => faker.commerce.isbn()],
  [last('currency(?:_code)?'), pick('EUR', 'USD', 'GBP', 'CHF', 'JPY', 'SEK')],
  [last('iban'), (faker) => faker.finance.iban()],
  [last('bic|swift'), (faker) => faker.finance.bic()],
  [last('(?:last_?4|last_four|last_digits)'), (faker) => faker.string.numeric(4)],
  [word('card_number|pan'), (faker) => faker.finance.creditCardNumber()],
  [last('(?:payment_method|payment_type)'), pick('card', 'paypal', 'invoice', 'bank_transfer')],
  [last('(?:carrier|shipping_provider)'), pick('DHL', 'UPS', 'FedEx', 'DPD', 'GLS')],
  [word('tracking'), (faker) => `1Z${faker.string.alphanumeric({ length: 16, casing: 'upper' })}`],
  [last('(?:price|amount|total|subtotal|cost|fee|tax|balance)'), (faker) => faker.commerce.price({ min: 2, max: 500 })],
  [last('(?:locale|lang)'), pick('en-US', 'de-DE', 'fr-FR', 'ja-JP')],
  [last('language'), pick('en', 'de', 'fr', 'ja')],
  [last('colou?r'), (faker) => faker.color.human()],
  [last('(?:file|file_?name)'), (faker) => faker.system.fileName()],
  [last('(?:path|dir|directory|folder)'), (faker) => faker.system.filePath()],
  [last('(?:mime|mime_type|content_type|media_type)'), (faker) => faker.system.mimeType()],
  [last('(?:commit|sha|sha1|revision)'), (faker) => faker.git.commitSha()],
  [
    last('(?:hash|sha256|digest|checksum|fingerprint)'),
    (faker) => faker.string.hexadecimal({ length: 64, prefix: '', casing: 'lower' }),
  ],
  [last('(?:token|secret|api_key|password|signature|nonce)'), (faker) => faker.string.alphanumeric(24)],
  [last('(?:semver|app_version|version)'), (faker) => faker.system.semver()],
  [last('(?:event_type)'), pick('OrderPlaced.v1', 'PaymentReceived.v1')],
  [last('(?:date|day)'), (_, __, { at }) => new Date(at).toISOString().slice(0, 10)],
  [last('(?:timestamp|at|time)'), (_, __, { at }) => new Date(at).toISOString()],
  [
    last('seat(?:_number)?'),
    (faker) => `${faker.number.int({ min: 1, max: 32 })}${faker.helpers.arrayElement([...'ABCDEF'])}`,
  ],
  [
    last('(?:order|invoice|ticket|reference|customer|account|booking|shipment|confirmation)_(?:number|no|nr|code|ref)'),
    (faker, name) => `${initials(name)}-${faker.string.numeric(8)}`,
  ],
  [
    last('(?:coupon|voucher|promo|discount)(?:_code)?'),
    (faker) => `${faker.string.alpha({ length: 4, casing: 'upper' })}${faker.string.numeric(2)}`,
  ],
  [last('(?:code)'), (faker) => faker.string.alphanumeric({ length: 6, casing: 'upper' })],
  [last('(?:status|state)'), statusOf],
  [last('(?:priority|severity)'), pick('low', 'normal', 'high')],
  [last('(?:level)'), pick('basic', 'silver', 'gold')],
  [last('(?:gender|sex)'), pick('female', 'male', 'diverse')],
  [last('(?:channel|source|origin)'), pick('web', 'app', 'store', 'partner')],
  [last('(?:tag|label|category|genre|department|topic)'), (faker) => faker.commerce.department().toLowerCase()],
  [
    last('(?:reason|cause)'),
    pick('changed my mind', 'out of stock', 'payment declined', 'delivered too late', 'ordered twice'),
  ],
  [last('(?:error|error_message)'), pick('connection timed out', 'card declined', 'item is out of stock')],
  [last('(?:title|subject|headline)'), (faker) => faker.commerce.productName()],
  [last('(?:description|summary|details|bio)'), (faker) => faker.commerce.productDescription()],
  [
    last('(?:notes?|comments?|message|remarks?|instructions?)'),
    pick(
      'please leave it at the door',
      'call before delivery',
      'gift wrap, please',
      'no rush',
      'second attempt',
      'as agreed on the phone',
    ),
  ],
  [last('(?:text|body|content)'), (faker) => faker.lorem.sentence({ min: 4, max: 10 })],
  [last('name'), nameOf],
  [/.+_(?:id|key|ref)$/, idOf],
]

function statusOf(faker: Faker, name: string, { owner }: Place): string {
  if (/address|location/.test(owner) && name.endsWith('state')) return faker.location.state()
  return faker.helpers.arrayElement(['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'])
}

/** Whose name it is, the field itself or what it stands in has to say. */
function nameOf(faker: Faker, name: string, { owner }: Place): string {
  const both = `${owner}_${name}`
  if (/product|item|article|sku|catalog/.test(both)) return faker.commerce.productName()
  if (/compan|organi[sz]ation|merchant|vendor|supplier|shop|store|brand|tenant/.test(both)) return faker.company.name()
  if (/city|town/.test(both)) return faker.location.city()
  if (/country/.test(both)) return faker.location.country()
  if (
    /customer|user|person|people|employee|contact|account|member|author|recipient|profile|guest|patient|student/.test(
      both,
    )
  ) {
    return faker.person.fullName()
  }
  return `${faker.word.adjective()} ${faker.word.noun()}`
}

/** `order_id` → `order-4f81b2c7`. */
function idOf(faker: Faker, name: string): string {
  const noun = name.replace(/_(?:id|key|ref)$/, '').replaceAll('_', '-')
  return `${noun}-${faker.string.hexadecimal({ length: 8, prefix: '', casing: 'lower' })}`
}

const initials = (name: string): string => name.slice(0, 3).toUpperCase()

/** A text that somebody may have written there. */
export function sampleText(faker: Faker, place: Place): string {
  for (const name of place.names) {
    const rule = rules.find(([pattern]) => pattern.test(name))
    if (rule !== undefined) return rule[1](faker, name, place)
  }
  // An id that does not say of what is of what it stands in.
  if (place.names.includes('id')) return idOf(faker, `${place.owner || 'id'}_id`)
  return faker.word.words({ count: { min: 1, max: 3 } })
}
