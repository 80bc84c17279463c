import type { Faker } from '@faker-js/faker'
import { endsWithWord, type FieldContext, hasWord } from './field-names.ts'

type Make = (faker: Faker, name: string, context: FieldContext) => string

const pick =
  (...texts: readonly string[]): Make =>
  (faker) =>
    faker.helpers.arrayElement(texts)

/** Rules from the specific to the general. The first rule whose pattern matches a name of the field makes the text. */
const rules: readonly (readonly [name: RegExp, make: Make])[] = [
  [endsWithWord('e_?mail(?:_address)?'), (faker) => faker.internet.email().toLowerCase()],
  [hasWord('user_agent'), (faker) => faker.internet.userAgent()],
  [endsWithWord('(?:ip|ip_address|remote_addr|client_ip)'), (faker) => faker.internet.ipv4()],
  [hasWord('mac'), (faker) => faker.internet.mac()],
  [
    endsWithWord('(?:uuid|guid|correlation_id|causation_id|trace_id|request_id|session_id|idempotency_key)'),
    (faker) => faker.string.uuid(),
  ],
  [
    endsWithWord('(?:url|uri|link|href|website|homepage|webhook|callback)'),
    (faker) => `https://${faker.internet.domainName()}/${faker.lorem.slug(2)}`,
  ],
  [endsWithWord('(?:domain|host|hostname)'), (faker) => faker.internet.domainName()],
  [hasWord('phone|mobile|telephone|fax'), (faker) => faker.phone.number({ style: 'international' })],
  [endsWithWord('first_name|given_name|forename'), (faker) => faker.person.firstName()],
  [endsWithWord('last_name|family_name|surname'), (faker) => faker.person.lastName()],
  [endsWithWord('user_?name|login|handle|nick(?:name)?'), (faker) => faker.internet.username().toLowerCase()],
  [
    endsWithWord('(?:company|organi[sz]ation|merchant|vendor|supplier|employer|brand|manufacturer)(?:_name)?'),
    (faker) => faker.company.name(),
  ],
  [endsWithWord('(?:product|item|article)(?:_(?:name|title))?'), (faker) => faker.commerce.productName()],
  [
    endsWithWord(
      '(?:full_name|customer|customer_name|user|user_name|person|recipient|sender|author|owner|holder|cardholder|contact|employee|passenger|guest|driver|assignee|agent)(?:_name)?',
    ),
    (faker) => faker.person.fullName(),
  ],
  [hasWord('street|address_line|line_?[12]'), (faker) => faker.location.streetAddress()],
  [endsWithWord('(?:country_code|country_iso|iso_country)'), (faker) => faker.location.countryCode()],
  [endsWithWord('country(?:_name)?'), (faker) => faker.location.country()],
  [endsWithWord('(?:city|town)(?:_name)?'), (faker) => faker.location.city()],
  [endsWithWord('(?:zip|postal_?code|post_?code|zip_?code|plz)'), (faker) => faker.location.zipCode('#####')],
  [endsWithWord('(?:county|region|province)'), (faker) => faker.location.state()],
  [endsWithWord('(?:time_?zone|tz)'), pick('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC')],
  [endsWithWord('address'), (faker) => `${faker.location.streetAddress()}, ${faker.location.city()}`],
  [
    endsWithWord('(?:sku|article_number|product_code)'),
    (faker) => `${faker.string.alpha({ length: 3, casing: 'upper' })}-${faker.string.numeric(4)}`,
  ],
  [endsWithWord('(?:ean|gtin|barcode|upc)'), (faker) => faker.string.numeric(13)],
  [endsWithWord('isbn'), (faker) => faker.commerce.isbn()],
  [endsWithWord('currency(?:_code)?'), pick('EUR', 'USD', 'GBP', 'CHF', 'JPY', 'SEK')],
  [endsWithWord('iban'), (faker) => faker.finance.iban()],
  [endsWithWord('bic|swift'), (faker) => faker.finance.bic()],
  [endsWithWord('(?:last_?4|last_four|last_digits)'), (faker) => faker.string.numeric(4)],
  [hasWord('card_number|pan'), (faker) => faker.finance.creditCardNumber()],
  [endsWithWord('(?:payment_method|payment_type)'), pick('card', 'paypal', 'invoice', 'bank_transfer')],
  [endsWithWord('(?:carrier|shipping_provider)'), pick('DHL', 'UPS', 'FedEx', 'DPD', 'GLS')],
  [hasWord('tracking'), (faker) => `1Z${faker.string.alphanumeric({ length: 16, casing: 'upper' })}`],
  [
    endsWithWord('(?:price|amount|total|subtotal|cost|fee|tax|balance)'),
    (faker) => faker.commerce.price({ min: 2, max: 500 }),
  ],
  [endsWithWord('(?:locale|lang)'), pick('en-US', 'de-DE', 'fr-FR', 'ja-JP')],
  [endsWithWord('language'), pick('en', 'de', 'fr', 'ja')],
  [endsWithWord('colou?r'), (faker) => faker.color.human()],
  [endsWithWord('(?:file|file_?name)'), (faker) => faker.system.fileName()],
  [endsWithWord('(?:path|dir|directory|folder)'), (faker) => faker.system.filePath()],
  [endsWithWord('(?:mime|mime_type|content_type|media_type)'), (faker) => faker.system.mimeType()],
  [endsWithWord('(?:commit|sha|sha1|revision)'), (faker) => faker.git.commitSha()],
  [
    endsWithWord('(?:hash|sha256|digest|checksum|fingerprint)'),
    (faker) => faker.string.hexadecimal({ length: 64, prefix: '', casing: 'lower' }),
  ],
  [endsWithWord('(?:token|secret|api_key|password|signature|nonce)'), (faker) => faker.string.alphanumeric(24)],
  [endsWithWord('(?:semver|app_version|version)'), (faker) => faker.system.semver()],
  [endsWithWord('(?:event_type)'), pick('OrderPlaced.v1', 'PaymentReceived.v1')],
  [endsWithWord('(?:date|day)'), (_, __, { at }) => new Date(at).toISOString().slice(0, 10)],
  [endsWithWord('(?:timestamp|at|time)'), (_, __, { at }) => new Date(at).toISOString()],
  [
    endsWithWord('seat(?:_number)?'),
    (faker) => `${faker.number.int({ min: 1, max: 32 })}${faker.helpers.arrayElement([...'ABCDEF'])}`,
  ],
  [
    endsWithWord(
      '(?:order|invoice|ticket|reference|customer|account|booking|shipment|confirmation)_(?:number|no|nr|code|ref)',
    ),
    (faker, name) => `${initials(name)}-${faker.string.numeric(8)}`,
  ],
  [
    endsWithWord('(?:coupon|voucher|promo|discount)(?:_code)?'),
    (faker) => `${faker.string.alpha({ length: 4, casing: 'upper' })}${faker.string.numeric(2)}`,
  ],
  [endsWithWord('(?:code)'), (faker) => faker.string.alphanumeric({ length: 6, casing: 'upper' })],
  [endsWithWord('(?:status|state)'), statusOf],
  [endsWithWord('(?:priority|severity)'), pick('low', 'normal', 'high')],
  [endsWithWord('(?:level)'), pick('basic', 'silver', 'gold')],
  [endsWithWord('(?:gender|sex)'), pick('female', 'male', 'diverse')],
  [endsWithWord('(?:channel|source|origin)'), pick('web', 'app', 'store', 'partner')],
  [endsWithWord('(?:tag|label|category|genre|department|topic)'), (faker) => faker.commerce.department().toLowerCase()],
  [
    endsWithWord('(?:reason|cause)'),
    pick('changed my mind', 'out of stock', 'payment declined', 'delivered too late', 'ordered twice'),
  ],
  [endsWithWord('(?:error|error_message)'), pick('connection timed out', 'card declined', 'item is out of stock')],
  [endsWithWord('(?:title|subject|headline)'), (faker) => faker.commerce.productName()],
  [endsWithWord('(?:description|summary|details|bio)'), (faker) => faker.commerce.productDescription()],
  [
    endsWithWord('(?:notes?|comments?|message|remarks?|instructions?)'),
    pick(
      'please leave it at the door',
      'call before delivery',
      'gift wrap, please',
      'no rush',
      'second attempt',
      'as agreed on the phone',
    ),
  ],
  [endsWithWord('(?:text|body|content)'), (faker) => faker.lorem.sentence({ min: 4, max: 10 })],
  [endsWithWord('name'), nameOf],
  [/.+_(?:id|key|ref)$/, idOf],
]

function statusOf(faker: Faker, name: string, { owner }: FieldContext): string {
  if (/address|location/.test(owner) && name.endsWith('state')) return faker.location.state()
  return faker.helpers.arrayElement(['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'])
}

/** The name of a product, a company or a person, depending on the names of the field and its owner. */
function nameOf(faker: Faker, name: string, { owner }: FieldContext): string {
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

/** An id that begins with the noun of the name: `order_id` → `order-4f81b2c7`. */
function idOf(faker: Faker, name: string): string {
  const noun = name.replace(/_(?:id|key|ref)$/, '').replaceAll('_', '-')
  return `${noun}-${faker.string.hexadecimal({ length: 8, prefix: '', casing: 'lower' })}`
}

const initials = (name: string): string => name.slice(0, 3).toUpperCase()

/** Returns a random text that is plausible for the field. */
export function sampleText(faker: Faker, context: FieldContext): string {
  for (const name of context.names) {
    const rule = rules.find(([pattern]) => pattern.test(name))
    if (rule !== undefined) return rule[1](faker, name, context)
  }
  // A field named only `id` is the id of its owner.
  if (context.names.includes('id')) return idOf(faker, `${context.owner || 'id'}_id`)
  return faker.word.words({ count: { min: 1, max: 3 } })
}
