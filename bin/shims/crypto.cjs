// kafkajs asks for it while it loads and needs it for SCRAM logins alone: 5 ms of every command on Kafka.
module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('node:crypto')[name] })
