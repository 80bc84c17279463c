import type { BusHint, Hint } from '../bus/hints.ts'
import type { DriverHint } from '../drivers/hints.ts'
import type { IndexHint } from '../event-index/hints.ts'
import type { LocalHint } from '../local/hints.ts'
import type { OperationHint } from '../operations/hints.ts'
import type { ScaffoldHint } from '../scaffold/hints.ts'
import type { ImportHint } from '../schema/import/hints.ts'
import type { StoreHint } from '../store/hints.ts'

/**
 * What to try next after a failed command: a command to run, a flag to add, or advice in words. `note` says what the command
 * or flag does, if that is not clear.
 */
export type Suggestion =
  | { readonly run: string; readonly note?: string | undefined }
  | { readonly flag: string; readonly note?: string | undefined }
  | { readonly hint: string }

/** A word of a shell command, quoted where the shell would change it. */
export const shellWord = (word: string): string =>
  /^[\w.,:/@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

export const run = (command: string, note?: string): Suggestion => ({ run: command, note })
export const flag = (text: string, note?: string): Suggestion => ({ flag: text, note })
export const hint = (text: string): Suggestion => ({ hint: text })

type KnownHint = BusHint | DriverHint | ImportHint | IndexHint | LocalHint | OperationHint | ScaffoldHint | StoreHint

/** A function for each hint of a union, by the code of the hint: it returns the suggestion of the command line. */
type SuggestionByCode<H extends Hint> = {
  readonly [Code in H['code']]: (hint: Extract<H, { code: Code }>) => Suggestion
}

/** Keeps the text of a hint for which the command line has no command or flag. */
const keepText = ({ text }: Hint): Suggestion => hint(text)

/** Formats a flag with `key=value` for a shell. The default value `…` stands for a value that the user has to fill in. */
function pairText(name: string, key: string, value = '…'): string {
  const needsQuotes = shellWord(key) !== key || (value !== '…' && shellWord(value) !== value)
  return `${name} ${needsQuotes ? shellWord(`${key}=${value}`) : `${key}=${value}`}`
}

const pairFlag = (name: string, key: string, value?: string): Suggestion => flag(pairText(name, key, value))

const scaffoldSuggestions: SuggestionByCode<Exclude<ScaffoldHint, BusHint>> = {
  'declare-event': ({ event }) => flag(`--event ${shellWord(event)}`),
  'name-command': ({ event }) => flag(`--event ${shellWord(`DoIt/${event}`)}`),
  'add-id-field': ({ field }) => flag(`--event OrderPlaced:${field}=uuid,…`),
  'choose-id-field': ({ field }) => flag(`--id ${field}`),
  'name-source': ({ field, source }) => pairFlag('--field', field, source),
  'choose-other-topics': () => hint('with --on, choose topics whose events have different names'),
  'choose-other-name': ({ kind, name }) => run(`crbus new ${kind} ${name}${kind === 'saga' ? ' --on …' : ''}`),
  'answer-question': ({ question, answer }) => pairFlag('--set', question, answer),
  'name-template': () =>
    flag('--template FOLDER', 'uses a folder that contains template.json and a folder named files'),
  'plan-again': () => hint('run the same command again'),
}

const operationSuggestions: SuggestionByCode<Exclude<OperationHint, BusHint>> = {
  'set-event-type': () => flag('--type OrderPlaced.v1', 'publishes the line as data'),
  'change-codec': ({ codec }) => flag(`--codec ${codec}`, `writes ${codec}`),
  'send-json': () => flag('--codec json', 'sends JSON, which Rust services do not read'),
  'set-key': () => flag('--key KEY', 'sets another record key'),
  'print-exactly': () => run('crbus tail TOPIC -o json', 'prints records with their exact bytes'),
  'print-value': () => hint('run rpk without --meta-only'),
  'name-input-file': () => flag('--file orders.ndjson'),
  'pipe-lines': () => flag('--file orders.ndjson', 'reads a file; or pipe the lines in'),
  'publish-one': ({ topic }) =>
    run(`crbus publish ${shellWord(topic)} --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`),
  'check-lines': ({ topic, lines }) =>
    run(
      `crbus tail ${shellWord(topic)}`,
      `shows which of the lines ${lines} were published; publish the others with --lines`,
    ),
  'publish-lines': ({ lines }) => flag(`--lines ${lines}`, 'publishes the lines that are left'),
  'resume-export': () => flag('--resume', 'completes the interrupted export'),
  'append-export': () => flag('--append', 'adds the later records to the file'),
  'replace-export': () => flag('--force', 'replaces the file'),
  'skip-damaged': () => flag('--skip-damaged', 'imports the records that are not damaged'),
  repartition: () => flag('--repartition', 'lets the key of each record decide its partition'),
  'replay-instead': ({ topic }) => run(`crbus replay ${shellWord(topic)}`, 'publishes its events again'),
  'add-partitions': ({ topic, partitions }) =>
    run(`crbus topics add-partitions ${shellWord(topic)} --to ${partitions}`),
  'continue-transfer': () => hint('run the same command again to continue'),
  'name-schema': ({ file }) => flag(`--schema ${file === undefined ? 'FILE' : shellWord(file)}`),
  'import-schema': ({ topic }) =>
    run(`crbus schema import PATH${topic === undefined ? '' : ` --topic ${shellWord(topic)}`}`),
  'check-schema': ({ topic }) => run(`crbus schema check ${shellWord(topic)}`, 'shows which events decode'),
  'show-schema': () => run('crbus schema show --schema FILE'),
  'give-source': ({ source }) => hint(source),
  'other-schema-file': () => flag('--out FILE', 'writes to a file in another folder'),
  'preview-schema': () => flag('--dry-run', 'shows what would be written'),
  'give-position': ({ position }) => hint(position),
  'read-topic': ({ topic }) => run(`crbus tail ${shellWord(topic)}`),
  'describe-group': ({ group }) => run(`crbus groups describe ${shellWord(group)}`),
  'measure-all': () => run('crbus lag'),
  'measure-like': ({ group }) => run(`crbus lag --group ${shellWord(`*${group}*`)}`),
  'fewer-replicas': ({ replicas }) => flag(`--replication ${replicas}`),
  'change-setting': ({ name }) => pairFlag('--config', name),
  'declare-replicas': ({ replicas }) => hint(`set "replication": ${replicas} in crbus.json`),
  'create-group': () => flag('--new-group', 'creates the group with these offsets'),
  'reset-to': ({ position }) => flag(`--to ${position}`),
  'reset-to-file': ({ group, file }) =>
    run(`crbus reset --group ${shellWord(group)} --all-topics --to ${shellWord(file)}`),
  'undo-reset': ({ undoFile }) => run(`crbus reset undo ${shellWord(undoFile)}`),
  'undo-last': () => run('crbus reset undo --last', 'uses the newest undo file of the bus'),
  'write-plan': () =>
    run('crbus reset --group billing --topic order-events --to start --plan-out plan.json', 'writes a plan file'),
  'older-undo': ({ folder }) => run('crbus reset undo FILE', `restores an older file from ${folder}`),
  'other-undo-folder': () => flag('--undo-dir FOLDER', 'uses a folder that crbus can read and write'),
  'other-plan-file': () => flag('--plan-out FILE', 'writes to a file in another folder'),
  'make-folder': ({ folder }) => run(`mkdir -p ${shellWord(folder)}`),
  'preview-reset': () => flag('--dry-run', 'shows the plan'),
  'wait-for-members': () => flag('--wait 60s', 'waits until they have left'),
  'wait-longer': () => flag('--wait DURATION', 'waits longer'),
  'choose-bus': () => flag('--brokers HOST:PORT', 'or --data-dir FOLDER for an embedded bus'),
  'verify-certificates': () =>
    flag('-X ssl.ca.location=ca.pem', 'trusts the authority of this certificate, instead of any certificate'),
  'advertise-reachable': keepText,
  'show-config': () => run('crbus config', 'shows where the settings come from'),
  'init-store': () => run('crbus store init', 'creates the missing parts'),
  'list-dead-letters': () => run('crbus dlq list', 'lists them'),
  'show-dead-letter': ({ id }) => run(`crbus dlq show ${shellWord(id)}`, 'shows it; dlq edit and dlq retry send it'),
  'check-connection': () => run('crbus doctor connection', 'checks the connection to the bus'),
  'apply-topics': () => run('crbus topics apply'),
  'declare-partitions': ({ partitions }) => hint(`set "partitions": ${partitions} in crbus.json`),
  'create-bus': () => run('crbus publish order-events --type OrderPlaced.v1 --data {}', 'creates the file'),
  'move-group': ({ group, topic, position, partition }) =>
    run(
      `crbus reset --group ${shellWord(group)} --topic ${shellWord(topic)}${partition === undefined ? '' : `:${partition}`} --to ${position} --wait 60s`,
      'waits until the members are stopped',
    ),
  'show-members': ({ group }) => run(`crbus groups members ${shellWord(group)}`),
  'watch-group': ({ group }) => run(`crbus lag --watch --group ${shellWord(group)}`),
  'find-slowness': ({ group }) => run(`crbus doctor slow --group ${shellWord(group)}`),
  'search-all-topics': () => flag("--topic '*'", 'searches all topics'),
  'search-from-start': () => flag('--since start', 'searches the topics from their start'),
  'find-duplicates': () =>
    run('crbus doctor duplicates --group GROUP', 'finds out why the group of the consumer sees events twice'),
  'measure-topic': ({ topic }) => run(`crbus lag --topic ${shellWord(topic)}`, 'measures the groups that read it'),
  'read-record': ({ topic, partition, offset }) =>
    run(`crbus tail ${shellWord(topic)} --partition ${partition} --from ${offset} -n 1 -o json`, 'shows the record'),
}

const localSuggestions: SuggestionByCode<Exclude<LocalHint, BusHint>> = {
  'show-status': () => run('crbus status'),
  'stop-local': () => run('crbus down'),
  'purge-local': () => run('crbus down --purge', 'deletes the data; then "crbus up" starts afresh'),
  'choose-embedded': () => run('crbus demo', 'runs on a local file, which needs no broker'),
  'wait-for-servers': () => flag('--wait 5m', 'waits longer'),
  'choose-port': () => flag('--port 19092'),
  'name-jars': () => flag('--jars FOLDER', 'uses the jars of a Kafka that you have unpacked: its folder libs'),
}

const importSuggestions: SuggestionByCode<ImportHint> = {
  'map-type': ({ path }) => pairFlag('--map', path),
  'assume-derived': ({ path }) => pairFlag('--assume', path, 'derived'),
  'map-or-assume-derived': ({ path }) => flag(`--map ${path}=…, or --assume ${path}=derived`),
  'assume-unchanged': ({ macro }) => pairFlag('--assume', macro, 'unchanged'),
  'turn-on': ({ options }) => flag(options.map((option) => pairText('--assume', option, 'on|off')).join(' ')),
  'give-encoding': ({ by }) => pairFlag('--assume', by),
  'give-integers': () => pairFlag('--assume', 'integers', 'fixed|variable'),
  'give-length': ({ expression }) => pairFlag('--assume', expression),
  'import-from': ({ path }) => run(`crbus schema import ${shellWord(path)}`),
  'choose-root': ({ root }) => flag(`--root ${root === undefined ? 'Name' : shellWord(root)}`),
  'give-arguments': ({ root, parameters }) => flag(`--root '${root}<${parameters.map(() => '…').join(', ')}>'`),
  'correct-topic': ({ topic }) => flag(`--topic ${shellWord(topic)}`),
}

const suggestionByCode: SuggestionByCode<KnownHint> = {
  advice: keepText,
  'list-topics': () => run('crbus topics list'),
  'create-topic': ({ topic }) => run(`crbus topics create ${shellWord(topic)}`),
  'valid-topic': keepText,
  'describe-topic': ({ topic }) => run(`crbus topics describe ${shellWord(topic)}`),
  'list-groups': () => run('crbus groups list'),
  'similar-names': keepText,
  'name-brokers': () => flag('--brokers 127.0.0.1:9092'),
  'check-address': () => hint('check the address in --brokers or CRBUS_BROKERS'),
  'check-port': () => hint('check the port in --brokers or CRBUS_BROKERS'),
  'check-advertised': keepText,
  'name-certified-host': () =>
    hint("in --brokers and in the broker's advertised.listeners, use a host name that the certificate covers"),
  'name-server': () =>
    hint('or set the host name of the certificate: "serverName" in "tls" of the profile, or CRBUS_TLS_SERVER_NAME'),
  'use-tls': () => flag('--tls', 'connects with TLS; or set "tls": true in the profile'),
  'leave-out-tls': () => flag('--no-tls', 'connects without TLS, if the network is trusted'),
  'log-in': () =>
    flag(
      '-X sasl.mechanism=SCRAM-SHA-256 -X sasl.username=NAME -X sasl.password=env:PASSWORD',
      'logs in; or set "sasl" in the profile',
    ),
  'leave-out-login': () => flag('-X security.protocol=SSL', 'connects without a login; PLAINTEXT without TLS'),
  'trust-authority': () =>
    flag('-X ssl.ca.location=ca.pem', 'trusts the authority of this certificate; or set "ca" in "tls" of the profile'),
  'trust-certificate': () =>
    flag('-X ssl.ca.location=broker.pem', 'trusts this certificate; or set "ca" in "tls" of the profile'),
  'give-client-certificate': () =>
    flag(
      '-X ssl.certificate.location=client.pem -X ssl.key.location=client.key',
      'or set "cert" and "key" in "tls" of the profile',
    ),
  'check-certificates': () =>
    hint('check the certificate, the key and its passphrase; "crbus config" shows where they come from'),
  'check-login': () =>
    hint('check the user name, the password and the mechanism; "crbus config" shows where they come from'),
  'check-token-provider': () =>
    hint('check "token" or "tokenUrl" in "sasl"; "crbus config" shows where they come from'),
  'raise-timeout': () => run('crbus doctor connection', 'checks each broker, stage by stage'),
  'raise-outage-limit': () => flag('--give-up-after 10m', 'waits longer for a bus that stops answering'),
  'raise-max-batch-bytes': ({ bytes }) =>
    flag(`--max-batch-bytes ${bytes ?? 'BYTES'}`, 'allows larger batches; or set maxBatchBytes in crbus.json'),
  'read-from': ({ topic, partition, next }) =>
    run(
      `crbus tail ${shellWord(topic)} --partition ${partition} --from ${next}`,
      'skips the batch that cannot be read',
    ),
  'reset-group': ({ group, topic, partition, next }) =>
    run(
      `crbus reset --group ${shellWord(group)} --topic ${shellWord(topic)}:${partition} --to ${next}`,
      'skips the batch that cannot be read',
    ),
  'grant-acl': ({ resource, name, operation }) => {
    const onWhat =
      resource === 'cluster' ? '--cluster' : `--${resource} ${name === undefined ? 'NAME' : shellWord(name)}`
    return run(`crbus acls allow USER --operation ${operation} ${onWhat}`, 'grants the ACL')
  },
  'choose-folder': () => flag('--data-dir FOLDER', 'uses another folder for the embedded bus'),
  'set-up-store': () => run('crbus store init'),
  'add-column': () => run('crbus store init', 'adds the column'),
  'list-differences': () => run('crbus store init --dry-run', 'lists the differences'),
  'delete-index': () => run('crbus index delete', 'then "crbus index" builds a new one'),
  'index-again': () => run('crbus index'),
  'other-database': () => flag('--store postgres://…/another', 'uses another database'),
  'other-schema': () => flag('--store "postgres://…?options=-csearch_path%3Dcrbus"', 'uses another schema'),
  ...scaffoldSuggestions,
  ...operationSuggestions,
  ...importSuggestions,
  ...localSuggestions,
}

/** Returns the suggestion of the command line for a hint of the library. A hint with an unknown code keeps its text. */
export function toSuggestion(given: Hint): Suggestion {
  const suggest = Object.hasOwn(suggestionByCode, given.code)
    ? suggestionByCode[given.code as KnownHint['code']]
    : keepText
  return (suggest as (hint: Hint) => Suggestion)(given)
}

/**
 * Whether the user can follow a suggestion. A hint of the library may stand for a flag that the command does not have, such as
 * `--give-up-after`, which only `tail` has though every command may lose its bus.
 */
export function isTypable(suggestion: Suggestion, flags: Readonly<Record<string, unknown>>): boolean {
  const [, name] = 'flag' in suggestion ? (/^--([\w-]+)/.exec(suggestion.flag) ?? []) : []
  return name === undefined || Object.hasOwn(flags, name) || Object.hasOwn(flags, name.replace(/^no-/, ''))
}

/** Formats a suggestion in one line: the command or flag, then its note in parentheses. */
export function formatSuggestion(suggestion: Suggestion): string {
  if ('hint' in suggestion) return suggestion.hint
  const what = 'run' in suggestion ? suggestion.run : suggestion.flag
  return suggestion.note === undefined ? what : `${what} (${suggestion.note})`
}
