import type { Config } from './config.ts'
import type { TopicCodec } from './config-file.ts'

/** How the events of a topic are written, as far as a configuration file says so. */
export interface TopicFormat {
  readonly codec: TopicCodec | undefined
  readonly envelope: 'bincode' | 'cbor' | undefined
  /** The field of payloads whose value is the record key. Absent: the event type is the key. */
  readonly keyField: string | undefined
  /** The file that says so. */
  readonly from: string
}

/** The format of one topic; `undefined` for a topic that no file declares. */
export function formatOfTopic({ topics }: Config, topic: string): TopicFormat | undefined {
  const setting = topics.get(topic)
  if (setting === undefined) return undefined
  const { codec, envelope, key, id } = setting.value
  return { codec, envelope, keyField: key === 'aggregate' ? id : undefined, from: setting.from }
}

/** The codec of every topic for which a file names one. */
export const codecsOf = ({ topics }: Config) =>
  new Map(
    [...topics].flatMap(([topic, { value, from }]) =>
      value.codec === undefined ? [] : [[topic, { codec: value.codec, from }] as const],
    ),
  )
