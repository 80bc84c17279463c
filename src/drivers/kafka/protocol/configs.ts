import type { SettingChanges } from '../../../bus/admin.ts'
import type { Api } from './api.ts'
import type { TopicResult } from './topics.ts'

export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  /** Where the value comes from: 1 for the topic itself, other numbers for inherited values. */
  readonly source: number
  readonly isSensitive: boolean
  /** The values that would apply, in this order, if those before them were not set; the first is the current value. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[]
}

/** The `resource_type` of a topic. */
const TOPIC = 2

interface DescribeTopicConfigs {
  readonly topics: readonly string[]
  /** Names of settings; `null` for all. */
  readonly names: readonly string[] | null
  /** Whether to return synonyms. Default false. */
  readonly withSynonyms?: boolean
}

/** DescribeConfigs (https://kafka.apache.org/protocol#The_Messages_DescribeConfigs) of topics. */
export const describeTopicConfigsApi: Api<
  DescribeTopicConfigs,
  readonly (TopicResult & { readonly entries: readonly ConfigEntry[] })[]
> = {
  key: 32,
  version: 2,
  name: 'DescribeConfigs',
  write(to, { topics, names, withSynonyms = false }) {
    to.list(topics, (topic) => {
      to.int8(TOPIC).string(topic) // resource_type, resource_name
      if (names === null) to.int32(-1)
      else to.list(names, (name) => to.string(name)) // configuration_keys
    }).int8(withSynonyms ? 1 : 0) // include_synonyms
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => {
      const error = from.int16() // error_code
      const message = from.string() // error_message
      from.int8() // resource_type
      const topic = from.text() // resource_name
      const entries = from.list(() => {
        const name = from.text()
        const value = from.string()
        from.boolean() // read_only
        const source = from.int8() // config_source
        const isSensitive = from.boolean() // is_sensitive
        const synonyms = from.list(() => ({ name: from.text(), value: from.string(), source: from.int8() }))
        return { name, value, source, isSensitive, synonyms }
      })
      return { topic, error, message, entries }
    })
  },
}

interface AlterTopicConfig {
  readonly topic: string
  readonly config: SettingChanges
  /** Whether the broker only checks the settings. Default false. */
  readonly validateOnly?: boolean
}

/** The `config_operation` that sets a value, and the one that removes it. */
const SET = 0
const DELETE = 1

/**
 * IncrementalAlterConfigs (https://kafka.apache.org/protocol#The_Messages_IncrementalAlterConfigs) of a topic: changes the
 * given settings and keeps all others, unlike AlterConfigs.
 */
export const incrementalAlterConfigsApi: Api<AlterTopicConfig, readonly TopicResult[]> = {
  key: 44,
  version: 0,
  name: 'IncrementalAlterConfigs',
  write(to, { topic, config, validateOnly = false }) {
    to.list([topic], () => {
      to.int8(TOPIC).string(topic) // resource_type, resource_name
      // configs: name, config_operation, value
      to.list(Object.entries(config), ([name, value]) => {
        to.string(name).int8(value === null ? DELETE : SET)
        // A null string.
        if (value === null) to.int16(-1)
        else to.string(value)
      })
    })
    to.int8(validateOnly ? 1 : 0) // validate_only
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => {
      const error = from.int16() // error_code
      const message = from.string() // error_message
      from.int8() // resource_type
      return { topic: from.text(), error, message } // resource_name
    })
  },
}
