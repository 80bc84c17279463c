import type { BusRecord } from '../../bus/record.ts'
import { W3Spans } from '../../codecs/scan-w3-envelope.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'
import type { EventView, Reading } from '../../operations/events/event-view.ts'
import type { SchemaSet } from '../../operations/schemas/compiled.ts'
import { formatRecordJson, interned, keyJson, timeJson } from './format-record-json.ts'

/** What a line takes beside its payload and the texts of its metadata, with room to spare. */
const FRAME = 1024
/** Offsets beyond are printed as text. */
const MOST_EXACT = BigInt(Number.MAX_SAFE_INTEGER)
const QUOTE = 0x22

/** The characters of base64 by their six bits. */
const digits64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
/** Bytes that stand in a JSON string as they are. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== 0x5c ? 1 : 0,
)
const fieldNames = ['"correlation_id":"', '"causation_id":"', '"user_id":"', '"timestamp":"'].map((name) =>
  Buffer.from(name),
)
const behindKey = Buffer.from(',"headers":[],"envelope":"bincode-w3","event_type":"')
const behindType = Buffer.from('","event_version":')
const beforeMetadata = Buffer.from(',"metadata":')
const nothing = Buffer.from('null')
const beforeBytes = Buffer.from(',"codec":"bytes","data_base64":"')
const behindBytes = Buffer.from('"}\n')

/**
 * Prints records as lines of JSON, byte for byte those of {@link formatRecordJson}. The usual record, an envelope of
 * plain texts around bincode, goes from bytes to bytes: making strings of a million records and bytes of those strings
 * again took two thirds of the time. Whatever is unusual takes the way by strings.
 */
export class RecordLines {
  readonly #schemas: SchemaSet | undefined
  readonly #configured: Reading['topics']
  readonly #spans = new W3Spans()
  #bytes = Buffer.allocUnsafe(64 * 1024)
  #end = 0
  /** Records without an event in them. */
  undecodable = 0
  // What records in a row have in common.
  #topic = ''
  #partition = -1
  #head = nothing
  #time = -1n
  #timeText = nothing
  #key: Uint8Array | null | undefined
  #keyText = nothing

  constructor({ schemas, topics }: Pick<Reading, 'schemas' | 'topics'> = {}) {
    this.#schemas = schemas
    this.#configured = topics
  }

  /** The lines of a batch, which are then the caller's. */
  print(batch: readonly EventView[]): Buffer {
    for (const view of batch) this.#append(view)
    const lines = this.#bytes.subarray(0, this.#end)
    this.#bytes = Buffer.allocUnsafe(Math.max(64 * 1024, this.#end + FRAME))
    this.#end = 0
    return lines
  }

  #append(view: EventView): void {
    const start = this.#end
    if (this.#appendPlain(view.record)) return
    this.#end = start
    if (view.envelope?.ok === false) this.undecodable += 1
    this.#text(`${formatRecordJson(view)}\n`)
  }

  #appendPlain(record: BusRecord): boolean {
    if (record.value === null || record.headers.length > 0 || record.offset > MOST_EXACT) return false
    if (this.#configured?.has(record.topic)) return false
    const value = asBuffer(record.value)
    const spans = this.#spans
    if (!spans.scan(value)) return false
    this.#frame(record, value.length)
    if (!this.#copyPlain(value, spans.typeStart, spans.typeEnd)) return false
    this.#copy(behindType)
    this.#integer(spans.version)
    this.#copy(beforeMetadata)
    return this.#metadata(value) && this.#payload(record.topic, value)
  }

  /** Topic, partition, offset, time and key. */
  #frame({ topic, partition, offset, timestamp, key }: BusRecord, size: number): void {
    if (topic !== this.#topic || partition !== this.#partition) {
      this.#topic = topic
      this.#partition = partition
      this.#head = Buffer.from(`{"topic":${interned(topic)},"partition":${partition},"offset":`)
    }
    if (timestamp !== this.#time) {
      this.#time = timestamp
      this.#timeText = Buffer.from(`,"timestamp":${timeJson(timestamp)},`)
    }
    if (key !== this.#key) {
      this.#key = key
      this.#keyText = Buffer.from(keyJson(key))
    }
    this.#room(size * 2 + this.#head.length + this.#keyText.length + FRAME)
    this.#copy(this.#head)
    this.#integer(Number(offset))
    this.#copy(this.#timeText)
    this.#copy(this.#keyText)
    this.#copy(behindKey)
  }

  #metadata(value: Buffer): boolean {
    const { hasMetadata, starts, ends } = this.#spans
    if (!hasMetadata) {
      this.#copy(nothing)
      return true
    }
    const bytes = this.#bytes
    bytes[this.#end++] = 0x7b
    let isFirst = true
    for (let field = 0; field < 4; field += 1) {
      const start = starts[field] as number
      if (start === 0) continue
      if (!isFirst) bytes[this.#end++] = 0x2c
      isFirst = false
      this.#copy(fieldNames[field] as Buffer)
      if (!this.#copyPlain(value, start, ends[field] as number)) return false
      bytes[this.#end++] = QUOTE
    }
    bytes[this.#end++] = 0x7d
    return true
  }

  /** As bincode by its schema, else in base64 what begins as bincode does; false for anything else. */
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
          `,"codec":"bincode","schema":${interned(schema.id)},"variant":${interned(variant)},"data":${json}}\n`,
        )
        return true
      }
    }
    const isBincode =
      dataEnd - dataStart >= 4 && value[dataStart + 1] === 0 && value[dataStart + 2] === 0 && value[dataStart + 3] === 0
    if (!isBincode) return false
    this.#copy(beforeBytes)
    this.#base64(value, dataStart, dataEnd)
    this.#copy(behindBytes)
    return true
  }

  #copy(from: Buffer): void {
    const bytes = this.#bytes
    const end = this.#end
    // A call into native code is dearer than copying so few.
    if (from.length > 48) from.copy(bytes, end)
    else for (let index = 0; index < from.length; index += 1) bytes[end + index] = from[index] as number
    this.#end = end + from.length
  }

  /** False at the first byte that JSON would spell otherwise. */
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
      bytes[at] = 0x30 + rest - tens * 10
      rest = tens
    }
    this.#end += size
  }

  #text(text: string): void {
    this.#room(text.length * 3)
    this.#end += this.#bytes.write(text, this.#end)
  }

  /** Makes room for so many bytes more. */
  #room(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + count))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}
