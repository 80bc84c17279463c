// The two requests that kafkajs sends for logins, in a version that both sides support. kafkajs's table of all requests is
// larger than all other code of kafkajs that crbus uses.
const requests = {
  SaslHandshake: require('kafkajs/src/protocol/requests/saslHandshake/index.js'),
  SaslAuthenticate: require('kafkajs/src/protocol/requests/saslAuthenticate/index.js'),
}
const { KafkaJSServerDoesNotSupportApiKey } = require('kafkajs/src/errors.js')

const lookup = (served) => (apiKey, definition) => {
  const { maxVersion } = served[apiKey] ?? {}
  if (maxVersion == null) {
    const apiName = Object.keys(requests).find((name) => requests[name] === definition)
    throw new KafkaJSServerDoesNotSupportApiKey('The Kafka server does not support the requested API version', {
      apiKey,
      apiName,
    })
  }
  return definition.protocol({ version: Math.min(Math.max(...definition.versions.map(Number)), maxVersion) })
}

module.exports = { requests, lookup }
