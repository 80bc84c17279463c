import type { Config } from './config.ts'
import type { TopicCodec } from './config-file.ts'

/** The configured format of the events of a topic. */
export interface TopicFormat {
  readonly codec: TopicCodec | undefined
  readonly envelope: 'bincode' | 'cbor' | undefined
  /** The payload field whose value is the record key. Absent: the event type is the key. */
  readonly keyField: string | undefined
  /** The file that declares the topic. */
  readonly from: string
}

/** Returns the format of a topic; `undefined` for a topic that no file declares. */
export function formatOfTopic({ topics }: Config, topic: string): TopicFormat | undefined {
  const setting = topics.get(topic)
  if (setting === undefined) return undefined
  const { codec, envelope, key, id } = setting.value
  return { codec, envelope, keyField: key === 'aggregate' ? id : undefined, from: setting.from }
}

/** Returns the configured codecs, each with its file, by topic. */
export const codecsOf = ({ topics }: Config) =>
  new Map(
    [...topics].flatMap(([topic, { value, from }]) =>
      value.codec === undefined ? [] : [[topic, { codec: value.codec, from }] as const],
    ),
  )
