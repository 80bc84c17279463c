// The parser of js-yaml without its writer. bin/build.js also replaces its default schema, because crbus reads all scalars as texts.
const { load } = require('../../node_modules/js-yaml/lib/loader.js')
const FAILSAFE_SCHEMA = require('../../node_modules/js-yaml/lib/schema/failsafe.js')

module.exports = { load, FAILSAFE_SCHEMA }
