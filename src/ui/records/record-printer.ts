import type { BusRecord } from '../../bus/record.ts'
import { W3Spans } from '../../codecs/scan-w3-envelope.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'
import type { EventView, Reading } from '../../operations/events/event-view.ts'
import type { SchemaSet } from '../../operations/schemas/compiled.ts'
import { RecordJsonWriter } from './record-json-writer.ts'

/**
 * Prints records as lines of JSON for `tail -o json`, in one of two ways that give the same bytes.
 *
 * The fast way ignores the lazily decoded fields of an {@link EventView}: it finds the parts of the envelope in the bytes
 * of `view.record` with `scan-w3-envelope.ts`, a second parser of the W3 layout, looks the schema up itself, and copies
 * bytes to bytes. Decoding a million records to strings and encoding those strings again took two thirds of the time.
 *
 * A record that the fast way does not handle (an older or a CBOR envelope, headers, text that JSON escapes, a configured
 * codec) is decoded through the view and formatted by {@link RecordJsonWriter}. A property test compares the two ways.
 */
export function jsonPrinter(reading: Reading): RecordPrinter {
  const isFast = reading.codec === undefined && !reading.decoder?.decodesEvents
  return isFast ? new FastJsonPrinter(reading) : new DecodedJsonPrinter()
}

/** Prints batches of records and counts the records that hold no event. */
export interface RecordPrinter {
  readonly undecodable: number
  /** Returns the lines of a batch. The printer does not use the returned bytes again. */
  print(batch: readonly EventView[]): string | Uint8Array
}

/** Formats every record through its decoded view. Needed if the user chose a codec or a command that decodes. */
class DecodedJsonPrinter implements RecordPrinter {
  readonly #writer = new RecordJsonWriter()
  undecodable = 0

  print(batch: readonly EventView[]): string {
    for (const view of batch) if (view.isUndecodable) this.undecodable += 1
    return batch.map((view) => `${this.#writer.write(view)}\n`).join('')
  }
}

/** An upper bound for the bytes of a line apart from its payload, the texts of its metadata, `#head` and `#keyText`. */
const FRAME_BYTES = 1024
/** The initial size of the buffer that a batch is written to. */
const BUFFER_BYTES = 64 * 1024
/** Larger offsets are printed as strings. */
const MAX_EXACT_OFFSET = BigInt(Number.MAX_SAFE_INTEGER)
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const DIGIT_0 = 0x30

/** The character of base64 for each value of six bits. */
const digits64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
/** 1 for each byte that a JSON string contains unescaped. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)
const fieldNames = ['"correlation_id":"', '"causation_id":"', '"user_id":"', '"timestamp":"'].map((name) =>
  Buffer.from(name),
)
const afterKey = Buffer.from(',"headers":[],"envelope":"bincode-w3","event_type":"')
const afterType = Buffer.from('","event_version":')
const beforeMetadata = Buffer.from(',"metadata":')
const nullText = Buffer.from('null')
const beforeBytes = Buffer.from(',"codec":"bytes","data_base64":"')
const afterBytes = Buffer.from('"}\n')

/** Formats records from their bytes, without decoding them to strings. Falls back to `RecordJsonWriter`. */
class FastJsonPrinter implements RecordPrinter {
  readonly #writer = new RecordJsonWriter()
  readonly #schemas: SchemaSet | undefined
  readonly #configured: Reading['topics']
  readonly #eventTopics: Reading['eventTopics']
  readonly #spans = new W3Spans()
  /** The lines of the batch, up to `#end`. */
  #bytes = Buffer.allocUnsafe(BUFFER_BYTES)
  #end = 0
  undecodable = 0
  // Cached parts that consecutive records share.
  #topic = ''
  #partition = -1
  #head = nullText
  #time: bigint | undefined
  #timeText = nullText
  #key: Uint8Array | null | undefined
  #keyText = nullText

  constructor({ schemas, topics, eventTopics }: Pick<Reading, 'schemas' | 'topics' | 'eventTopics'>) {
    this.#schemas = schemas
    this.#configured = topics
    this.#eventTopics = eventTopics
  }

  print(batch: readonly EventView[]): Buffer {
    for (const view of batch) this.#append(view)
    const lines = this.#bytes.subarray(0, this.#end)
    this.#bytes = Buffer.allocUnsafe(Math.max(BUFFER_BYTES, this.#end + FRAME_BYTES))
    this.#end = 0
    return lines
  }

  #append(view: EventView): void {
    const start = this.#end
    if (view.decodedKey === undefined && this.#appendPlain(view.record)) return
    this.#end = start
    if (view.isUndecodable) this.undecodable += 1
    this.#text(`${this.#writer.write(view)}\n`)
  }

  /** Appends the line of a record from its bytes. Returns false if that is not possible; the caller then resets `#end`. */
  #appendPlain(record: BusRecord): boolean {
    if (record.value === null || record.headers.length > 0 || record.offset > MAX_EXACT_OFFSET) return false
    if (this.#configured?.has(record.topic)) return false
    const value = asBuffer(record.value)
    const spans = this.#spans
    if (!spans.scan(value)) return false
    this.#frame(record, value.length)
    if (!this.#copyPlain(value, spans.typeStart, spans.typeEnd)) return false
    this.#copy(afterType)
    this.#integer(spans.version)
    this.#copy(beforeMetadata)
    return this.#metadata(value) && this.#payload(record.topic, value)
  }

  /** Appends topic, partition, offset, timestamp and key, and makes room for the whole line. `size` is that of the value in bytes. */
  #frame({ topic, partition, offset, timestamp, key }: BusRecord, size: number): void {
    if (topic !== this.#topic || partition !== this.#partition) {
      this.#topic = topic
      this.#partition = partition
      this.#eventTopics?.add(topic)
      this.#head = Buffer.from(`{"topic":${this.#writer.text(topic)},"partition":${partition},"offset":`)
    }
    if (timestamp !== this.#time) {
      this.#time = timestamp
      this.#timeText = Buffer.from(`,"timestamp":${this.#writer.time(timestamp)},`)
    }
    if (key !== this.#key) {
      this.#key = key
      this.#keyText = Buffer.from(this.#writer.key(key))
    }
    // Twice the size: base64 makes a payload longer by a third.
    this.#room(size * 2 + this.#head.length + this.#keyText.length + FRAME_BYTES)
    this.#copy(this.#head)
    this.#integer(Number(offset))
    this.#copy(this.#timeText)
    this.#copy(this.#keyText)
    this.#copy(afterKey)
  }

  /** Appends the metadata. Returns false if JSON has to escape a part of it. */
  #metadata(value: Buffer): boolean {
    const { hasMetadata, starts, ends } = this.#spans
    if (!hasMetadata) {
      this.#copy(nullText)
      return true
    }
    const bytes = this.#bytes
    bytes[this.#end++] = OPENING_BRACE
    let isFirst = true
    for (let field = 0; field < 4; field += 1) {
      const start = starts[field] as number
      // 0: the field is absent.
      if (start === 0) continue
      if (!isFirst) bytes[this.#end++] = COMMA
      isFirst = false
      this.#copy(fieldNames[field] as Buffer)
      if (!this.#copyPlain(value, start, ends[field] as number)) return false
      bytes[this.#end++] = QUOTE
    }
    bytes[this.#end++] = CLOSING_BRACE
    return true
  }

  /** Appends a payload as JSON by its schema, or in base64 if it looks like bincode. Returns false for any other payload. */
  #payload(topic: string, value: Buffer): boolean {
    const { typeStart, typeEnd, dataStart, dataEnd } = this.#spans
    if (this.#schemas !== undefined) {
      const eventType = repeatedText(value, typeStart, typeEnd) ?? ''
      const schema = this.#schemas.find(topic, eventType)
      if (schema !== undefined) {
        const decoded = schema.decoder.decodeToJson(value.subarray(dataStart, dataEnd))
        if (!decoded.ok) return false
        const { variant, json } = decoded
        if (variant === undefined || !schema.isExactAsJson(variant)) return false
        if (schema.warningOf(eventType, variant) !== undefined) return false
        this.#text(
          `,"codec":"bincode","schema":${this.#writer.text(schema.id)},"variant":${this.#writer.text(variant)},"data":${json}}\n`,
        )
        return true
      }
    }
    // The number of the enum variant in four little-endian bytes. Real enums have fewer than 256 variants.
    const isBincode =
      dataEnd - dataStart >= 4 && value[dataStart + 1] === 0 && value[dataStart + 2] === 0 && value[dataStart + 3] === 0
    if (!isBincode) return false
    this.#copy(beforeBytes)
    this.#base64(value, dataStart, dataEnd)
    this.#copy(afterBytes)
    return true
  }

  #copy(from: Buffer): void {
    const bytes = this.#bytes
    const end = this.#end
    // For so few bytes a loop is faster than a call into native code.
    if (from.length > 48) from.copy(bytes, end)
    else for (let index = 0; index < from.length; index += 1) bytes[end + index] = from[index] as number
    this.#end = end + from.length
  }

  /** Appends a text. Returns false at the first byte that JSON has to escape. */
  #copyPlain(from: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes
    let to = this.#end
    for (let index = start; index < end; index += 1) {
      const byte = from[index] as number
      if (isPlain[byte] === 0) return false
      bytes[to++] = byte
    }
    this.#end = to
    return true
  }

  #base64(from: Buffer, start: number, end: number): void {
    const bytes = this.#bytes
    let to = this.#end
    let at = start
    for (; at + 2 < end; at += 3) {
      const three = ((from[at] as number) << 16) | ((from[at + 1] as number) << 8) | (from[at + 2] as number)
      bytes[to] = digits64[three >> 18] as number
      bytes[to + 1] = digits64[(three >> 12) & 63] as number
      bytes[to + 2] = digits64[(three >> 6) & 63] as number
      bytes[to + 3] = digits64[three & 63] as number
      to += 4
    }
    this.#end = to
    if (at < end) this.#end += bytes.write(from.toString('base64', at, end), to)
  }

  #integer(value: number): void {
    if (value < 0) {
      this.#text(`${value}`)
      return
    }
    const bytes = this.#bytes
    let size = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size += 1
    let rest = value
    for (let at = this.#end + size - 1; at >= this.#end; at -= 1) {
      const tens = Math.floor(rest / 10)
      bytes[at] = DIGIT_0 + rest - tens * 10
      rest = tens
    }
    this.#end += size
  }

  #text(text: string): void {
    this.#room(text.length * 3)
    this.#end += this.#bytes.write(text, this.#end)
  }

  /** Grows the buffer until `count` more bytes fit. */
  #room(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + count))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}
